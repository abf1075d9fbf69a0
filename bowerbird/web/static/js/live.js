// One stream for a page, closed while nobody looks: browsers allow few connections to a house, and tabs stay open for days.
const REST_AFTER_MS = 20_000;
const CARDS_MAX = 40;

function address(url) {
  if (url !== '/live') return url;
  const feed = document.getElementById('feed');
  const asked = new URLSearchParams();
  if (feed?.dataset.newest) {
    asked.set('feed', feed.dataset.feed);
    asked.set('since', feed.dataset.newest);
  }
  const thread = document.getElementById('thread');
  if (thread?.dataset.top) {
    asked.set('thread', thread.dataset.top);
    const newest = [...thread.querySelectorAll('[data-card]')].reduce((last, one) => {
      const id = BigInt(one.dataset.card);
      return id > last ? id : last;
    }, BigInt(thread.dataset.after));
    asked.set('after', newest);
  }
  const cards = [...document.querySelectorAll('.acts[sse-swap]')].slice(0, CARDS_MAX).map((acts) => acts.getAttribute('sse-swap').slice(5));
  if (cards.length) asked.set('cards', cards.join(','));
  return `${url}?${asked}`;
}

class RestingSource {
  #listeners = [];
  #rest = 0;
  #watch = (event) => (event.type === 'pagehide' ? this.#sleep() : this.#seen());

  constructor(url) {
    this.url = url;
    this.closed = false;
    document.addEventListener('visibilitychange', this.#watch);
    window.addEventListener('pagehide', this.#watch);
    window.addEventListener('pageshow', this.#watch);
    this.open();
  }

  open() {
    this.inner?.close();
    this.inner = new EventSource(address(this.url));
    this.resting = false;
    for (const [name, heard] of this.#listeners) this.inner.addEventListener(name, heard);
    this.inner.onopen = (event) => this.onopen?.(event);
    this.inner.onerror = (event) => {
      if (this.inner.readyState === EventSource.CLOSED) this.close();
      this.onerror?.(event);
    };
  }

  #seen() {
    clearTimeout(this.#rest);
    if (document.visibilityState === 'hidden') {
      this.#rest = setTimeout(() => this.#sleep(), REST_AFTER_MS);
    } else if (this.resting) this.open();
  }

  #sleep() {
    this.inner.close();
    this.resting = true;
  }

  addEventListener(name, heard) {
    this.#listeners.push([name, heard]);
    this.inner.addEventListener(name, heard);
  }

  removeEventListener(name, heard) {
    this.#listeners = this.#listeners.filter(([n, h]) => n !== name || h !== heard);
    this.inner.removeEventListener(name, heard);
  }

  close() {
    this.closed = true;
    clearTimeout(this.#rest);
    document.removeEventListener('visibilitychange', this.#watch);
    window.removeEventListener('pagehide', this.#watch);
    window.removeEventListener('pageshow', this.#watch);
    this.inner.close();
  }

  get readyState() {
    return this.closed ? EventSource.CLOSED : EventSource.OPEN;
  }
}

let page = null;
if (window.htmx) {
  window.htmx.createEventSource = (url) => {
    const source = new RestingSource(url);
    if (url === '/live') page = source;
    return source;
  };
}

// A refreshed feed starts counting from its new first post.
let newest = document.getElementById('feed')?.dataset.newest;
document.addEventListener('htmx:afterSettle', () => {
  const now = document.getElementById('feed')?.dataset.newest;
  if (!page || page.closed || !now || now === newest) return;
  newest = now;
  page.open();
});

// The stream answers for its own fragment, not for what the reader types meanwhile: a focused field is left alone.
document.addEventListener('htmx:sseBeforeMessage', (event) => {
  const within = document.activeElement;
  if (within?.matches('input:not([type="radio"]), textarea') && event.target.contains(within)) event.preventDefault();
});

// A reply that came twice, over a stream that was opened again, stands once.
document.addEventListener('htmx:oobBeforeSwap', (event) => {
  const reply = event.detail.fragment?.querySelector?.('[data-card]');
  if (reply && document.getElementById(reply.id)) event.detail.shouldSwap = false;
});
