// An OpenID provider for stories: `node provider.mjs MODULES PORT OFFICE SECRET`. MODULES is the folder that
// `tests/oidc/install` fills. It knows the office at the address OFFICE by its secret, and lets everybody in under the
// name that is typed. Its own pages ask for the name and for consent.
import { randomBytes } from 'node:crypto';

const [modules, port, office, secret] = process.argv.slice(2);
const { default: Provider } = await import(`${modules}/oidc-provider/lib/index.js`);
const issuer = `http://127.0.0.1:${port}`;

// Names with roles; as Keycloak puts them, beside roles that mean nothing to the office.
const people = {
  '197701161997031006': { name: 'Ahmad Fadli, S.Sos', roles: ['officer', 'uma_authorization'] },
  'auditor-bkpsdm': { name: '<script>alert(1)</script>', roles: ['auditor'] },
  '6171011503950001': { name: 'Contoh NIK', roles: ['operator'] },
  'tanpa-peran': { name: 'Contoh Tanpa Peran', roles: ['uma_authorization'] },
};

const client = (client_id) => ({
  client_id,
  client_secret: secret,
  redirect_uris: [`${office}/masuk/oidc/kembali`],
  post_logout_redirect_uris: [`${office}/masuk`],
});

const provider = new Provider(issuer, {
  clients: [client('jejak'), client('lain')],
  claims: { openid: ['sub'], profile: ['name', 'realm_access'] },
  conformIdTokenClaims: false,
  cookies: { keys: [randomBytes(32).toString('hex')] },
  findAccount: (_, id) => {
    const { name, roles } = people[id] ?? { name: id, roles: [] };
    return { accountId: id, claims: () => ({ sub: id, name, realm_access: { roles } }) };
  },
  pkce: { required: () => true },
});

provider.listen(Number(port), '127.0.0.1', () => {
  console.log(`provider ready at ${issuer}`);
  // The story reads no further line of the standard output.
  console.log = console.info = console.error;
});
