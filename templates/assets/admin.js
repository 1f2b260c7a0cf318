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

  // === a mail is written: a page that shows what it will look like, the source beside it ===
  // What may not be shown here (styles of single elements, pictures of the web) waits under another name.
  const PUT_BY = [['style', 'data-style'], ['src', 'data-src']];
  function renamed(html, way) {
    return html.replace(/<[a-z][^>]*>/gi, (tag) => PUT_BY.reduce((text, [own, waiting]) => {
      const [from, to] = way === 'in' ? [own, waiting] : [waiting, own];
      return text.replace(new RegExp(`(\\s)${from}=`, 'gi'), `$1${to}=`);
    }, tag));
  }

  function edit(place) {
    const tools = place.querySelector('.editor-tools'), page = place.querySelector('.editor-page'), source = place.querySelector('textarea');
    const show = () => page.replaceChildren(...new DOMParser().parseFromString(renamed(source.value, 'in'), 'text/html').body.childNodes);
    const keep = () => {
      source.value = page.textContent.trim() || page.querySelector('img') ? renamed(page.innerHTML, 'out') : '';
      source.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const bySource = () => tools.querySelector('[data-source]').getAttribute('aria-pressed') === 'true';
    show();
    tools.hidden = page.hidden = false;
    source.hidden = true;
    document.execCommand('defaultParagraphSeparator', false, 'p');
    page.addEventListener('input', keep);
    page.addEventListener('paste', (event) => {
      event.preventDefault();
      document.execCommand('insertText', false, event.clipboardData.getData('text/plain'));
    });
    const does = (name, value) => { page.focus(); document.execCommand('styleWithCSS', false, false); document.execCommand(name, false, value); keep(); };
    tools.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (!button) return;
      if ('source' in button.dataset) {
        const now = !bySource();
        button.setAttribute('aria-pressed', String(now));
        if (!now) show();
        [page.hidden, source.hidden] = [now, !now];
        return (now ? source : page).focus();
      }
      if (bySource()) return;
      const value = button.dataset.ask ? window.prompt(button.dataset.ask, 'https://') : undefined;
      if (value !== null) does(button.dataset.do, value);
    });
    tools.querySelector('[data-insert]').addEventListener('change', (event) => {
      const field = event.target.value && `{{${event.target.value}}}`;
      event.target.value = '';
      if (!field) return;
      if (bySource()) source.setRangeText(field); else does('insertText', field);
    });
  }
  for (const place of document.querySelectorAll('[data-editor]')) edit(place);

  // === what was written so far is kept, a moment after the last key ===
  for (const form of document.querySelectorAll('form[data-keep]')) {
    let timer = 0;
    const note = form.querySelector('[data-kept-at]');
    form.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        try {
          const answer = await fetch(form.action, { method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams(new FormData(form)), credentials: 'same-origin', redirect: 'error', signal: AbortSignal.timeout(10000) });
          note.textContent = answer.ok ? form.dataset.kept : form.dataset.notKept;
        } catch {
          note.textContent = form.dataset.notKept;
        }
      }, 1200);
    });
    form.addEventListener('submit', () => clearTimeout(timer));
  }

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
