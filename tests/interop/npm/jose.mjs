// Verifies an access token as a Node service would: with the issuer's address and its own name.
import { createRemoteJWKSet, jwtVerify } from "jose";

const [issuer, audience, token] = process.argv.slice(2);
const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: "at+jwt" });
console.log(JSON.stringify(payload));
