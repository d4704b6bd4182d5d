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
  /** Who is signed in, on top of the key. */
  readonly driver: SignedInDriver | null;
}

export interface SignedInDriver {
  readonly id: string;
  /** The network that the driver belongs to; the key reaches it. */
  readonly networkId: string;
}

export const KEY_SCOPES = ['read', 'write', 'control', 'billing', 'admin', 'platform'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export const anonymous: Viewer = { kind: 'anonymous' };
/** The product itself: a station's message or a job, within the networks that its scope names. */
export const system: Viewer = { kind: 'system' };
