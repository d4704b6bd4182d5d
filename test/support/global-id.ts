/** A node's id in the graph. */
export const globalId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64');

/** The row's id within a node's id. */
export const rowId = (id: string): string => Buffer.from(id, 'base64').toString().split(':')[1]!;
