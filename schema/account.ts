import { encodeGlobalID } from '@pothos/plugin-relay';
import { addSigningKey } from '../src/auth/access-token.ts';
import { authorize } from '../src/auth/authorize.ts';
import { login, register, requestPasswordReset, resetPassword } from '../src/domains/drivers/accounts.ts';
import {
  type DriverProfile,
  type DriverTokens,
  profileOf,
  refreshTokens,
} from '../src/domains/drivers/driver-tokens.ts';
import {
  EmailTakenError,
  InvalidCredentialsError,
  RateLimitedError,
  TokenExpiredError,
  TokenReusedError,
} from '../src/kernel/errors.ts';
import { builder, inSubGraph } from './builder.ts';
import { commonErrors } from './errors.ts';

const Profile = builder.objectRef<DriverProfile>('DriverProfile').implement({
  description: 'Who has signed in. The driver itself is for those who send the access token: `me`.',
  subGraphs: ['drivers'],
  fields: t => ({
    driverId: t.field({
      type: 'ID',
      description: "The driver's id.",
      resolve: driver => encodeGlobalID('Driver', driver.id),
    }),
    email: t.exposeString('email'),
    firstName: t.exposeString('firstName'),
    lastName: t.exposeString('lastName'),
    tokenUid: t.exposeString('tokenUid', { nullable: true, description: 'The newest valid token.' }),
  }),
});

const SignIn = builder.objectRef<DriverTokens>('SignIn').implement({
  description: 'What an app needs to act for a driver.',
  subGraphs: ['drivers'],
  fields: t => ({
    accessToken: t.exposeString('accessToken', {
      description: 'A JWT for the header `Authorization: Bearer`, beside the API key.',
    }),
    refreshToken: t.exposeString('refreshToken', { description: 'Good for one use.' }),
    expiresInSeconds: t.exposeInt('expiresInSeconds', { description: 'Of the access token.' }),
    driver: t.field({ type: Profile, resolve: (tokens, _, ctx) => profileOf(ctx, tokens.driverId) }),
  }),
});

const RegisterInput = builder.inputType('RegisterInput', {
  fields: t => ({
    email: t.string({ required: true }),
    password: t.string({ required: true, description: 'At least 10 characters, none of the most common.' }),
    firstName: t.string({ required: true }),
    lastName: t.string({ required: true }),
    phoneNumber: t.string(),
  }),
});

const drivers = inSubGraph('drivers');

const Done = builder.objectRef<{ done: true }>('Done').implement({
  subGraphs: ['drivers'],
  fields: t => ({ done: t.boolean({ resolve: () => true }) }),
});

drivers.mutationFields(t => ({
  register: t.field({
    type: SignIn,
    description: "Makes a driver's account in the key's primary network, with a token. Scope: write.",
    errors: { types: [...commonErrors, EmailTakenError] },
    args: { input: t.arg({ type: RegisterInput, required: true }) },
    resolve: (_, { input }, ctx) => register(ctx, input),
  }),
  login: t.field({
    type: SignIn,
    errors: { types: [...commonErrors, InvalidCredentialsError, RateLimitedError] },
    args: { email: t.arg.string({ required: true }), password: t.arg.string({ required: true }) },
    resolve: (_, input, ctx) => login(ctx, input),
  }),
  refresh: t.field({
    type: SignIn,
    description: 'New tokens; the refresh token that is given is used up.',
    errors: { types: [...commonErrors, InvalidCredentialsError, TokenExpiredError, TokenReusedError] },
    args: { refreshToken: t.arg.string({ required: true }) },
    resolve: (_, { refreshToken }, ctx) => refreshTokens(ctx, refreshToken),
  }),
  requestPasswordReset: t.field({
    type: Done,
    description: 'Mails a link, if there is such a driver; never tells whether.',
    errors: { types: [...commonErrors, RateLimitedError] },
    args: { email: t.arg.string({ required: true }) },
    resolve: async (_, { email }, ctx) => {
      await requestPasswordReset(ctx, email);
      return { done: true as const };
    },
  }),
  resetPassword: t.field({
    type: Done,
    description: 'Sets a new password by the token of the mail, and signs the driver out everywhere.',
    errors: { types: [...commonErrors, InvalidCredentialsError] },
    args: { token: t.arg.string({ required: true }), newPassword: t.arg.string({ required: true }) },
    resolve: async (_, input, ctx) => {
      await resetPassword(ctx, input);
      return { done: true as const };
    },
  }),
  rotateSigningKey: t.field({
    type: Done,
    description: 'Signs access tokens with a new key from now on; nobody is logged out. Scope: platform.',
    errors: { types: commonErrors },
    resolve: async (_, __, ctx) => {
      authorize(ctx.viewer, 'platform');
      await addSigningKey(ctx);
      return { done: true as const };
    },
  }),
}));
