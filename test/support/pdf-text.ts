import { inflateSync } from 'node:zlib';

/** The text of a PDF of ours, a line for each piece of it, as a reader who copies it gets it: by its fonts' own tables. */
export function pdfText(pdf: Buffer): string {
  const objects = objectsOf(pdf);
  const content = [...objects.values()].filter(({ stream }) => /\bBT\b/.test(stream));
  const fonts = fontsOf(objects);
  return content
    .flatMap(({ stream }) => [...stream.matchAll(/\/(F\d+) [\d.]+ Tf\s*\[([^\]]*)\] TJ/g)])
    .map(([, font, pieces]) => decode(fonts.get(font!)!, pieces!))
    .join('\n');
}

interface PdfObject {
  readonly dictionary: string;
  /** Unpacked, byte for byte; empty for none. */
  readonly stream: string;
}

function objectsOf(pdf: Buffer): Map<string, PdfObject> {
  const objects = new Map<string, PdfObject>();
  for (const [, number, body] of pdf.toString('latin1').matchAll(/(\d+) 0 obj\n(.*?)\nendobj/gs)) {
    const [dictionary, packed] = body!.split(/\nstream\n/) as [string, string?];
    const bytes = Buffer.from(packed?.replace(/\nendstream$/, '') ?? '', 'latin1');
    const isPacked = dictionary.includes('/FlateDecode');
    objects.set(number!, {
      dictionary,
      stream: (isPacked ? inflateSync(bytes) : bytes).toString('latin1'),
    });
  }
  return objects;
}

/** What each glyph of each font stands for. */
function fontsOf(objects: ReadonlyMap<string, PdfObject>): Map<string, Map<number, string>> {
  const fonts = new Map<string, Map<number, string>>();
  for (const { dictionary } of objects.values()) {
    for (const [, name, number] of dictionary.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const [, table] = /\/ToUnicode (\d+) 0 R/.exec(objects.get(number!)!.dictionary) ?? [];
      fonts.set(name!, table ? tableOf(objects.get(table)!.stream) : new Map());
    }
  }
  return fonts;
}

function tableOf(cmap: string): Map<number, string> {
  const table = new Map<number, string>();
  for (const [, first, texts] of cmap.matchAll(/<(\w+)> <\w+> \[([^\]]*)\]/g)) {
    for (const [at, [, hex]] of [...texts!.matchAll(/<(\w+)>/g)].entries()) {
      table.set(Number.parseInt(first!, 16) + at, Buffer.from(hex!, 'hex').swap16().toString('utf16le'));
    }
  }
  return table;
}

const decode = (table: ReadonlyMap<number, string>, pieces: string): string =>
  [...pieces.matchAll(/<(\w+)>/g)]
    .flatMap(([, hex]) => hex!.match(/.{4}/g) ?? [])
    .map(glyph => table.get(Number.parseInt(glyph, 16)) ?? '\ufffd')
    .join('');
