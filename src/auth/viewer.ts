/** Who is asking. */
export type Viewer = { readonly kind: 'anonymous' } | KeyViewer | { readonly kind: 'system' };

/** A caller with an API key. Rows that it creates belong to `networkId`; it reaches `networkIds`. */
export interface KeyViewer {
  readonly kind: 'key';
  readonly apiKeyId: string;
  readonly keyKind: 'operator' | 'app';
  readonly networkId: string;
  readonly networkIds: readonly string[];
  readonly scopes: readonly KeyScope[];
}

export const KEY_SCOPES = ['read', 'write', 'control', 'billing', 'admin', 'platform'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export const anonymous: Viewer = { kind: 'anonymous' };
/** The product itself: a station's message or a job, within the networks that its scope names. */
export const system: Viewer = { kind: 'system' };
