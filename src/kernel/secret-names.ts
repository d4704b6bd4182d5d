const SECRET = /authorizationkey|password|passphrase|passwd|secret|credential|privatekey|apikey|simpin/i;

/** Whether a setting of this name holds what nobody may read: `AuthorizationKey`, `BasicAuthPassword`, vendors' own. */
export const isSecretName = (name: string): boolean => SECRET.test(name.replaceAll(/[\s_.-]/g, ''));
