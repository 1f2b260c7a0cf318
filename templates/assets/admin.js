// The settings pages in the browser. Everything works without this; it adds focus where something was said,
// menus that close by themselves, buttons that can't be pressed twice, and progress that moves.
'use strict';
(() => {
  const EVERY = 2000, MOST_FAILURES = 5;

  const said = document.querySelector('[data-focus]');
  if (said) said.focus();

  // === a way in that came behind the # ===
  const enter = document.querySelector('form[data-enter]');
  if (enter && location.hash.length > 1) {
    enter.elements.token.value = location.hash.slice(1);
    // It goes out of the address, and with it out of the history, before it is used.
    history.replaceState(null, '', location.pathname);
    enter.requestSubmit();
  }

  // === menus ===
  const menus = () => document.querySelectorAll('details.gear[open], details.dropdown[open], details.confirm-right[open]');
  document.addEventListener('click', (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of menus()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector('summary').focus();
    }
  });

  // === forms ===
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post') return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
  });
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
  });

  // === progress ===
  const isMoving = (place) => place.querySelector('[data-moving]') !== null;
  async function follow(place, failures) {
    let next = failures;
    try {
      const answer = await fetch(place.dataset.poll, { headers: { Accept: 'text/html' }, credentials: 'same-origin', redirect: 'error', signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const words = fresh.querySelector('.progress-words')?.textContent;
      // The words are a live region: they are only replaced when they change, so that they are not said over and over.
      const kept = place.querySelector('.progress-words');
      const progress = fresh.querySelector('.progress');
      if (!progress) throw new Error('no progress');
      if (kept && kept.textContent === words) progress.querySelector('.progress-words').replaceWith(kept);
      place.replaceChildren(progress);
      next = 0;
      if (!isMoving(place)) { location.reload(); return; }
    } catch {
      next += 1;
      if (next >= MOST_FAILURES) return;
    }
    setTimeout(follow, EVERY * (next + 1), place, next);
  }
  for (const place of document.querySelectorAll('[data-poll]')) setTimeout(follow, EVERY, place, 0);
})();
