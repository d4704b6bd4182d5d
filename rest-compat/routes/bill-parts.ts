import { decimal } from '../values.ts';

type Part = 'energyCost' | 'timeCost' | 'sessionFee' | 'idleFee' | 'subtotal' | 'tax' | 'total';

/** What BILL_PARTS asks for. */
export type BillParts = Readonly<Record<Part, { readonly amount: string; readonly currency: string }>>;

export const BILL_PARTS = `
  fragment BillParts on Bill {
    energyCost { amount } timeCost { amount } sessionFee { amount } idleFee { amount }
    subtotal { amount } tax { amount } total { amount currency }
  }`;

export const billParts = (bill: BillParts): Record<Part, number> => ({
  energyCost: decimal(bill.energyCost.amount),
  timeCost: decimal(bill.timeCost.amount),
  sessionFee: decimal(bill.sessionFee.amount),
  idleFee: decimal(bill.idleFee.amount),
  subtotal: decimal(bill.subtotal.amount),
  tax: decimal(bill.tax.amount),
  total: decimal(bill.total.amount),
});
