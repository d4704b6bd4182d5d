/** LIKE patterns for text that people type: their own `%`, `_` and `\` stand for themselves. */
export const like = {
  exactly: (text: string): string => escaped(text),
  containing: (text: string): string => `%${escaped(text)}%`,
};

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');
