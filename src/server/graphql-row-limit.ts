import {
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../kernel/page.ts';

/**
 * A validation rule: an operation may ask for at most so many rows, lists within lists multiplied. The plain cost
 * knows only sizes that are written out, so a size in a variable, or none, would count as one row.
 */
export const rowLimit =
  (maxRows: number) =>
  (context: ValidationContext): ASTVisitor => ({
    OperationDefinition(operation) {
      const root = context.getSchema().getRootType(operation.operation);
      if (!root) return;
      if (rowsOf(context, operation.selectionSet, root, 1, maxRows, []) > maxRows) {
        const message = `The operation asks for more than ${maxRows} rows; ask for fewer in each list, or for fewer lists within lists.`;
        context.reportError(new GraphQLError(message, { nodes: operation }));
      }
    },
  });

/** The rows that a selection may bring for `times` objects; past the limit it counts no further. */
function rowsOf(
  context: ValidationContext,
  selections: SelectionSetNode,
  type: unknown,
  times: number,
  maxRows: number,
  path: readonly FragmentDefinitionNode[],
): number {
  let rows = 0;
  const add = (inner: SelectionSetNode, innerType: unknown, innerTimes: number, innerPath = path) => {
    rows += rowsOf(context, inner, innerType, innerTimes, maxRows - rows, innerPath);
  };
  for (const selection of selections.selections) {
    if (rows > maxRows) break;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value;
      add(selection.selectionSet, name ? context.getSchema().getType(name) : type, times);
    } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = context.getFragment(selection.name.value);
      if (!fragment || path.includes(fragment)) continue;
      const fragmentType = context.getSchema().getType(fragment.typeCondition.name.value);
      add(fragment.selectionSet, fragmentType, times, [...path, fragment]);
    } else if (selection.selectionSet && (isObjectType(type) || isInterfaceType(type))) {
      const field = (type as GraphQLObjectType).getFields()[selection.name.value];
      if (!field) continue;
      const isList = field.args.some(arg => arg.name === 'first');
      const size = isList ? times * pageSize(selection, field) : times;
      if (isList) rows += size;
      const fieldType = getNamedType(field.type);
      if (isCompositeType(fieldType)) add(selection.selectionSet, fieldType, size);
    }
  }
  return rows;
}

/** As the selection is written; what a variable says is not known yet, and counts as the most that the field gives. */
function pageSize(selection: FieldNode, { extensions }: GraphQLField<unknown, unknown>): number {
  const max = typeof extensions.maxPageSize === 'number' ? extensions.maxPageSize : MAX_PAGE_SIZE;
  const asked = selection.arguments?.find(
    ({ name }) => name.value === 'first' || name.value === 'last',
  )?.value;
  if (!asked || asked.kind === Kind.NULL) return DEFAULT_PAGE_SIZE;
  return asked.kind === Kind.INT ? Math.min(Math.max(Number(asked.value), 1), max) : max;
}
