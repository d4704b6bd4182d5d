import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';

/** An invoice or a credit note, as it is printed. Everything is text already. */
export interface PrintedDocument {
  readonly title: string;
  readonly number: string;
  readonly networkName: string;
  /** `#RRGGBB`; the network's. */
  readonly color: string;
  readonly recipient: readonly string[];
  /** Labels and what they say, such as the date of issue. */
  readonly facts: readonly (readonly [string, string])[];
  readonly lines: readonly { readonly text: string; readonly detail: string; readonly amount: string }[];
  readonly sums: readonly (readonly [string, string])[];
  readonly note: string | null;
}

const MARGIN = 56;
const GREY = '#64748B';
const INK = '#0F172A';
const REGULAR = 'regular';
const BOLD = 'bold';

const read = (url: string) => readFile(fileURLToPath(url));
let fonts: Promise<[Buffer, Buffer]> | undefined;

/** A PDF's built-in fonts know the letters of western Europe only; these know what docs/payments.md says. Read once. */
const readFonts = () =>
  (fonts ??= Promise.all([
    read(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
    read(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')),
  ]));

/** Prints it on A4, in the network's colour. Of the fonts the letters that it uses are within it. */
export async function printPdf(document: PrintedDocument): Promise<Buffer> {
  const [regular, bold] = await readFonts();
  const pdf = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    lang: 'en',
    // none is built in
    font: '',
    info: { Title: `${document.title} ${document.number}`, Author: document.networkName },
  });
  pdf.registerFont(REGULAR, regular).registerFont(BOLD, bold);
  const chunks: Buffer[] = [];
  const printed = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
  const width = pdf.page.width - 2 * MARGIN;
  head(pdf, document, width);
  for (const line of document.lines) printLine(pdf, line, width);
  sums(pdf, document, width);
  if (document.note)
    pdf.moveDown(2).fillColor(GREY).fontSize(9).text(document.note, MARGIN, undefined, { width });
  pdf.end();
  return printed;
}

type Pdf = InstanceType<typeof PDFDocument>;

function head(
  pdf: Pdf,
  { networkName, title, number, color, recipient, facts }: PrintedDocument,
  width: number,
) {
  pdf.rect(0, 0, pdf.page.width, 10).fill(color);
  pdf.fillColor(color).font(BOLD).fontSize(18).text(networkName, MARGIN, MARGIN, { width });
  pdf.moveDown(1.5).fillColor(INK).fontSize(14).text(`${title} ${number}`);
  pdf.font(REGULAR).fontSize(10);
  pdf.moveDown().text(recipient.join('\n'));
  pdf.moveDown();
  for (const [label, text] of facts)
    pdf.fillColor(GREY).text(`${label}: `, { continued: true }).fillColor(INK).text(text);
  pdf.moveDown();
  rule(pdf, color, width);
}

function printLine(pdf: Pdf, line: PrintedDocument['lines'][number], width: number): void {
  if (pdf.y > pdf.page.height - MARGIN - 80) pdf.addPage();
  const top = pdf.y;
  pdf.fillColor(INK).fontSize(10).text(line.amount, MARGIN, top, { width, align: 'right' });
  pdf.text(line.text, MARGIN, top, { width: width - 110 });
  pdf
    .fillColor(GREY)
    .fontSize(9)
    .text(line.detail, { width: width - 110 });
  pdf.moveDown(0.6);
}

function sums(pdf: Pdf, document: PrintedDocument, width: number): void {
  rule(pdf, document.color, width);
  for (const [index, [label, amount]] of document.sums.entries()) {
    const isTotal = index === document.sums.length - 1;
    const top = pdf.y;
    pdf
      .font(isTotal ? BOLD : REGULAR)
      .fillColor(INK)
      .fontSize(10);
    pdf.text(amount, MARGIN, top, { width, align: 'right' });
    pdf.text(label, MARGIN, top, { width: width - 110, align: 'right' });
    pdf.moveDown(0.3);
  }
  pdf.font(REGULAR);
}

function rule(pdf: Pdf, color: string, width: number): void {
  pdf
    .moveTo(MARGIN, pdf.y)
    .lineTo(MARGIN + width, pdf.y)
    .lineWidth(0.75)
    .strokeColor(color)
    .stroke();
  pdf.moveDown(0.8);
}
