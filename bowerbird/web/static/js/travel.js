// The picture that was tapped is the picture that arrives: only that one gets a name, for the length of one transition.
const picture = (id) => document.querySelector(`[data-card="${id}"]:is([data-picture]), [data-card="${id}"] [data-picture], [data-arrival="${id}"] [data-picture]`);
const post = (url) => /\/posts\/(\d+)$/.exec(new URL(url, location).pathname)?.[1];

function lend(id, transition) {
  const shown = id && picture(id);
  if (!shown) return;
  shown.style.viewTransitionName = 'picture';
  const back = () => { shown.style.viewTransitionName = ''; };
  transition.finished.then(back, back);
}

// A transition that is skipped is no error: a page that took its time, another navigation right behind it.
function forgive(transition) {
  for (const moment of ['ready', 'finished', 'updateCallbackDone']) transition?.[moment].catch(() => {});
}

window.addEventListener('pageswap', (event) => {
  forgive(event.viewTransition);
  if (event.viewTransition && event.activation?.entry?.url) lend(post(event.activation.entry.url) || post(location.href), event.viewTransition);
});
window.addEventListener('pagereveal', (event) => {
  forgive(event.viewTransition);
  const from = window.navigation?.activation?.from?.url;
  if (event.viewTransition && from) lend(post(location.href) || post(from), event.viewTransition);
});
