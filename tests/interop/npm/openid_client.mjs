// A web application on openid-client: what its documentation shows, with all of its checks.
import * as oidc from "openid-client";
import { config, run, visit } from "./talk.mjs";

const issuer = new URL(config.issuer);
const insecure = { execute: [oidc.allowInsecureRequests] };
const importKey = (jwk) =>
  crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);

async function authentication() {
  if (config.method === "private_key_jwt") {
    return oidc.PrivateKeyJwt({ key: await importKey(config.jwk), kid: config.jwk.kid });
  }
  return {
    client_secret_basic: oidc.ClientSecretBasic,
    client_secret_post: oidc.ClientSecretPost,
    client_secret_jwt: oidc.ClientSecretJwt,
    none: oidc.None,
  }[config.method](config.secret);
}

async function discover() {
  return oidc.discovery(issuer, config.client_id, {}, await authentication(), insecure);
}

async function signIn(server, more = {}, build = oidc.buildAuthorizationUrl) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  const expectedNonce = oidc.randomNonce();
  const address = await build(server, {
    redirect_uri: config.redirect_uri,
    scope: "openid profile email offline_access",
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  });
  const arrived = await visit(address);
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  return oidc.authorizationCodeGrant(server, arrived, checks);
}

await run({
  async sign_in() {
    const server = await discover();
    const tokens = await signIn(server);
    const claims = tokens.claims();
    return { claims, person: await oidc.fetchUserInfo(server, tokens.access_token, claims.sub) };
  },

  async refresh() {
    const server = await discover();
    const before = await signIn(server);
    const after = await oidc.refreshTokenGrant(server, before.refresh_token);
    const { sub } = before.claims();
    return { before: sub, after: (await oidc.fetchUserInfo(server, after.access_token, sub)).sub };
  },

  async introspect_and_revoke() {
    const server = await discover();
    const tokens = await signIn(server);
    const before = await oidc.tokenIntrospection(server, tokens.access_token);
    await oidc.tokenRevocation(server, tokens.refresh_token);
    const after = await oidc.tokenIntrospection(server, tokens.access_token);
    return { before: before.active, after: after.active, sub: before.sub };
  },

  async register() {
    const metadata = {
      redirect_uris: [config.redirect_uri],
      token_endpoint_auth_method: "client_secret_post",
      grant_types: ["authorization_code", "refresh_token"],
      client_name: "Registered by openid-client",
    };
    const server = await oidc.dynamicClientRegistration(issuer, metadata, undefined, insecure);
    return { client: server.clientMetadata(), claims: (await signIn(server)).claims() };
  },

  async end_session() {
    const server = await discover();
    const tokens = await signIn(server);
    const address = oidc.buildEndSessionUrl(server, {
      post_logout_redirect_uri: config.post_logout_redirect_uri,
      id_token_hint: tokens.id_token,
      state: "signed out",
    });
    return { arrived: String(await visit(address)) };
  },

  async request_object() {
    const server = await discover();
    const key = { key: await importKey(config.jwk), kid: config.jwk.kid };
    const build = (...given) => oidc.buildAuthorizationUrlWithJAR(...given, key);
    return { claims: (await signIn(server, {}, build)).claims() };
  },

  async hybrid() {
    const server = await discover();
    oidc.useCodeIdTokenResponseType(server);
    return { claims: (await signIn(server)).claims() };
  },
});
