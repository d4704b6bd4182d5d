import { type FieldNode, Kind, type OperationDefinitionNode, parse } from 'graphql';

/** The one field that a row's operation asks for. */
export interface OperationField {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly field: string;
  /** For `node`, the type that is meant. */
  readonly of: string | null;
}

/** Throws where the operation asks for no field, or for several. */
export function fieldOf(operation: string): OperationField {
  const { definitions } = parse(operation);
  const [definition] = definitions.filter(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  const fields = definition!.selectionSet.selections.filter(node => node.kind === Kind.FIELD);
  const [field] = fields as FieldNode[];
  if (!field || fields.length > 1) throw new Error(`A row asks for one field: ${operation}`);
  const [selected] = field.name.value === 'node' ? (field.selectionSet?.selections ?? []) : [];
  const spread = selected?.kind === Kind.FRAGMENT_SPREAD ? selected.name.value : null;
  const fragment = definitions.find(
    node => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === spread,
  );
  const condition =
    selected?.kind === Kind.INLINE_FRAGMENT
      ? selected.typeCondition
      : fragment?.kind === Kind.FRAGMENT_DEFINITION
        ? fragment.typeCondition
        : undefined;
  return { type: definition!.operation, field: field.name.value, of: condition?.name.value ?? null };
}
