// Passkeys: the browser speaks in bytes, the server in base64url.
import { send } from './requests.js';

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const known = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

function spoken(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) if (response[name]) said[name] = text(response[name]);
  if (response.getTransports) said.transports = response.getTransports();
  return {
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response: said,
    authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function add() {
  const asked = await send('/settings/passkeys/begin', {});
  const publicKey = { ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: known(asked.excludeCredentials) };
  const credential = await navigator.credentials.create({ publicKey });
  await send('/settings/passkeys/finish', { credential: spoken(credential), name: navigator.userAgentData?.platform || navigator.platform || 'Passkey' });
  location.reload();
}

async function signin(next) {
  const asked = await send('/signin/passkey/begin', {});
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) };
  const credential = await navigator.credentials.get({ publicKey });
  const answer = await send('/signin/passkey/finish', { credential: spoken(credential), next });
  location.assign(answer.url || '/');
}

document.querySelectorAll('[data-passkey]').forEach((button) => {
  if (!window.PublicKeyCredential) { button.title = 'This browser has no passkeys.'; return; }
  const wrong = document.querySelector('[data-passkey-wrong]');
  button.addEventListener('click', async () => {
    button.setAttribute('aria-busy', 'true');
    wrong.hidden = true;
    try {
      await (button.dataset.passkey === 'add' ? add() : signin(button.dataset.next));
    } catch (error) {
      wrong.querySelector('span').textContent = error.name === 'NotAllowedError' ? 'No passkey was chosen.' : error.message;
      wrong.hidden = false;
    } finally { button.removeAttribute('aria-busy'); }
  });
  button.disabled = false; // only now does a press do something
});
