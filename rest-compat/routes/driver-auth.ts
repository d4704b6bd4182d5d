import { z } from 'zod';
import { myself, notice, signIn, tokenPair } from '../answers/driver-auth.ts';
import { toUuid } from '../ids.ts';
import { optional, phone, text } from '../parameters.ts';
import { row } from '../row.ts';
import { time } from '../values.ts';

interface SignIn {
  accessToken: string;
  refreshToken: string;
  expiresInSeconds: number;
  driver: { driverId: string; email: string; firstName: string; lastName: string; tokenUid: string | null };
}

const SIGN_IN = `
  ... on SignIn {
    accessToken refreshToken expiresInSeconds
    driver { driverId email firstName lastName tokenUid }
  }
  ... on Error { code message }
  ... on ValidationError { details { field message } }`;

const tokens = (signIn: SignIn) => ({
  accessToken: signIn.accessToken,
  refreshToken: signIn.refreshToken,
  expiresIn: signIn.expiresInSeconds,
  tokenType: 'Bearer',
});

const signedIn = ({ result }: { result: SignIn }) => ({
  ...tokens(result),
  driver: {
    id: toUuid(result.driver.driverId),
    email: result.driver.email,
    firstName: result.driver.firstName,
    lastName: result.driver.lastName,
    tokenUid: result.driver.tokenUid,
  },
});

export const register = row({
  method: 'POST',
  path: '/auth/driver/register',
  title: 'Register a driver',
  access: { scope: 'write', audience: 'public' },
  body: z.object({ email: text, password: text, firstName: text, lastName: text, phone: optional(phone) }),
  operation: `mutation Register($input: RegisterInput!) { result: register(input: $input) { ${SIGN_IN} } }`,
  variables: ({ body: { phone, ...input } }) => ({ input: { ...input, phoneNumber: phone } }),
  response: signIn,
  answer: signedIn,
  status: 201,
});

export const login = row({
  method: 'POST',
  path: '/auth/driver/login',
  title: 'Log in a driver',
  access: { scope: 'read', audience: 'public' },
  body: z.object({ email: text, password: text }),
  operation: `
    mutation Login($email: String!, $password: String!) {
      result: login(email: $email, password: $password) { ${SIGN_IN} ... on RateLimitedError { retryAfterSeconds } }
    }`,
  variables: ({ body }) => body,
  response: signIn,
  answer: signedIn,
});

export const refresh = row({
  method: 'POST',
  path: '/auth/driver/refresh',
  title: 'Refresh the access token',
  access: { scope: 'read', audience: 'public' },
  body: z.object({ refreshToken: text }),
  operation: `
    mutation Refresh($refreshToken: String!) {
      result: refresh(refreshToken: $refreshToken) {
        ... on SignIn { accessToken refreshToken expiresInSeconds }
        ... on Error { code message }
      }
    }`,
  variables: ({ body }) => body,
  response: tokenPair,
  answer: ({ result }: { result: SignIn }) => tokens(result),
});

const MAIL_SENT = 'If the email exists, a password reset link has been sent.';

export const forgotPassword = row({
  method: 'POST',
  path: '/auth/driver/forgot-password',
  title: 'Request a password reset',
  access: { scope: 'read', audience: 'public' },
  body: z.object({ email: text }),
  operation: `
    mutation ForgotPassword($email: String!) {
      result: requestPasswordReset(email: $email) {
        ... on Error { code message }
        ... on RateLimitedError { retryAfterSeconds }
      }
    }`,
  variables: ({ body }) => body,
  response: notice,
  answer: () => ({ message: MAIL_SENT }),
});

export const resetPassword = row({
  method: 'POST',
  path: '/auth/driver/reset-password',
  title: 'Reset a password',
  access: { scope: 'read', audience: 'public' },
  body: z.object({ token: text, newPassword: text }),
  operation: `
    mutation ResetPassword($token: String!, $newPassword: String!) {
      result: resetPassword(token: $token, newPassword: $newPassword) {
        ... on Error { code message }
        ... on ValidationError { details { field message } }
      }
    }`,
  variables: ({ body }) => body,
  response: notice,
  answer: () => ({ message: 'The password has been changed.' }),
});

interface Me {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  phoneNumber: string | null;
  address: string | null;
  city: string | null;
  state: string | null;
  postalCode: string | null;
  country: string | null;
  createdAt: string;
  tokens: { id: string; uid: string; type: string; isValid: boolean }[];
}

export const me = row({
  method: 'GET',
  path: '/auth/driver/me',
  title: 'Get the signed-in driver',
  access: { scope: 'read', audience: 'driver' },
  operation: `
    query Me {
      me {
        id email firstName lastName phoneNumber address city state postalCode country createdAt
        tokens { id uid type isValid }
      }
    }`,
  variables: () => ({}),
  response: myself,
  answer: ({ me: driver }: { me: Me }) => ({
    id: toUuid(driver.id),
    Email: driver.email,
    FirstName: driver.firstName,
    LastName: driver.lastName,
    PhoneNumber: driver.phoneNumber,
    Address: driver.address,
    City: driver.city,
    State: driver.state,
    PostalCode: driver.postalCode,
    Country: driver.country,
    CreatedAt: time(driver.createdAt),
    tokens: driver.tokens
      .filter(token => token.isValid)
      .map(token => ({ TokenUuid: toUuid(token.id), Uid: token.uid, TokenType: token.type })),
  }),
});
