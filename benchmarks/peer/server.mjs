// oidc-provider as its documentation sets it up, on PostgreSQL, with the clients of the benchmark.
// One argument: JSON with issuer, port, database (options of pg), clients.
import { createServer } from "node:http";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import Provider from "oidc-provider";
import { adapterOn, findClaims, openDatabase } from "./postgres_adapter.mjs";

const config = JSON.parse(process.argv[2]);
const pool = await openDatabase(config.database);

function key(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg, kid: alg };
}

// Access tokens are its own short ones, kept in PostgreSQL, and JWTs for these two resources.
function resourceServer(_, resource) {
  const alg = resource.endsWith("/rs256") ? "RS256" : "ES256";
  return { scope: "", accessTokenFormat: "jwt", accessTokenTTL: 300, jwt: { sign: { alg } } };
}

const provider = new Provider(config.issuer, {
  adapter: adapterOn(pool),
  clients: config.clients,
  jwks: {
    keys: [key("ec", { namedCurve: "P-256" }, "ES256"), key("rsa", { modulusLength: 2048 }, "RS256")],
  },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: async (_, id) => {
    const claims = await findClaims(pool, id);
    return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    resourceIndicators: { enabled: true, getResourceServerInfo: resourceServer },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 600, Grant: 86400, Interaction: 600,
         RefreshToken: 86400, Session: 86400, ClientCredentials: 300 },
});

// Whoever comes is signed in as who they say they are, and agrees: done once for each browser.
async function signIn(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const accountId = params.login_hint;
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope("openid profile email offline_access");
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId }, consent });
}

const protocol = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return protocol(request, response);
  return signIn(request, response).catch((error) => {
    response.writeHead(500).end(error.message);
  });
}).listen(config.port, "127.0.0.1");
