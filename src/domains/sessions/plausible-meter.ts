import Big from 'big.js';

/** Far beyond what any register has counted, and within what the database keeps. */
export const METER_LIMIT_WH = '3000000000000';

/** Whether a register, exact decimal Wh, can show this. */
export const isPlausibleMeter = (wh: string): boolean => new Big(wh).abs().lte(METER_LIMIT_WH);
