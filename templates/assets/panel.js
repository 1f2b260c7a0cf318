// The panel in the browser: fetches its fragments with the token of the shell, keeps times fresh, and talks
// to the Salesforce page around it. The token lives in this closure only: no cookie, no storage, no address.
'use strict';
(() => {
  const TIMEOUT = 10000, PANEL_HEIGHT = 450, MOST_LOOKS = 20, REPOST_PATIENCE = 8000;
  const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const byId = (id) => document.getElementById(id);
  const island = byId('panel-config');
  const config = JSON.parse(island.textContent);
  island.remove();
  const words = config.words;
  const person = byId('person'), whole = byId('whole'), live = byId('announce');
  const tabs = [...document.querySelectorAll('[role=tab]')];
  const places = new Map(); // element → what is known about its content
  const expiry = Date.now() + (config.sessionSeconds || 0) * 1000;
  let skew = 0, served = false, reposted = false, repostTimer = 0, sequence = 0, sized = false;

  const place = (element) => {
    if (!places.has(element)) places.set(element, { call: null, timer: 0, looks: 0, pages: 0, loaded: false });
    return places.get(element);
  };
  const say = (text) => { if (text) live.textContent = text; };

  // === the Salesforce page around the panel ===

  const originOf = (address) => { try { return new URL(address).origin; } catch { return null; } };
  const hash = new URLSearchParams(location.hash.slice(1));
  const targetOrigin = originOf(config.targetOrigin || hash.get('target_origin'));
  const instanceId = config.instanceId || hash.get('instance_id') || window.name.replace(/^canvas-frame-/, '');

  function tell(type, more) {
    if (window.parent === window) return false;
    sequence = sequence % 100 + 1;
    const client = { instanceId, targetOrigin: targetOrigin || '*', oauthToken: 'null' };
    const body = { type, ...more, config: { client } };
    const message = { seq: sequence, src: 'client', clientVersion: '41.0', body, targetModule: 'Canvas' };
    // Without an origin only a refusal's "reload" is ever sent, and it names nothing but the frame.
    window.parent.postMessage(JSON.stringify(message), targetOrigin || '*');
    return true;
  }

  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || !targetOrigin || event.origin !== targetOrigin) return;
    let reply = event.data;
    try { reply = typeof reply === 'string' ? JSON.parse(reply) : reply; } catch { return; }
    const status = Number((reply && reply.body ? reply.body : reply || {}).status);
    if (repostTimer && status >= 400) repostFailed();
  });

  function repost() {
    reposted = true;
    for (const button of document.querySelectorAll('[data-action=reload]')) button.disabled = true;
    if (!tell('repost', { refresh: true })) return repostFailed();
    say(words.reloading);
    repostTimer = setTimeout(repostFailed, REPOST_PATIENCE);
  }

  function repostFailed() {
    clearTimeout(repostTimer);
    repostTimer = 0;
    for (const button of document.querySelectorAll('[data-action=reload]')) button.disabled = false;
    const todo = whole.querySelector('.state-todo');
    if (todo) todo.textContent = words.reloadFailed;
    say(words.reloadFailed);
  }

  function resize() {
    if (sized) return;
    sized = true;
    const { clientWidth, clientHeight } = document.documentElement;
    tell('resize', { size: { height: `${Math.max(PANEL_HEIGHT, clientHeight)}px`, width: `${clientWidth}px` } });
  }

  // === fragments ===

  const copyOf = (id) => byId(id).content.cloneNode(true);

  function failed() {
    const copy = copyOf('failed');
    if (config.requestId) copy.querySelector('[data-request]').textContent = words.request.replace('{id}', config.requestId);
    return copy;
  }

  function ended() {
    showWhole(copyOf('ended'));
    // Once by itself, and only for a session that worked: a fresh one that is refused would reload for ever.
    if (served && !reposted) repost();
    else if (document.hasFocus()) whole.focus();
  }

  // The fragment behind an address, or null when the call was overtaken or the session has ended.
  async function fetched(address, element) {
    const here = place(element);
    clearTimeout(here.timer);
    if (here.call) here.call.abort();
    if (config.sessionSeconds && Date.now() >= expiry) { ended(); return null; }
    const call = here.call = new AbortController();
    const timer = setTimeout(() => call.abort(), TIMEOUT);
    element.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(address, {
        headers: { Authorization: `Bearer ${config.token}`, Accept: 'text/html' },
        cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', signal: call.signal,
      });
      const text = await answer.text();
      if (here.call !== call) return null;
      if (answer.status === 401) { ended(); return null; }
      if (!(answer.headers.get('content-type') || '').startsWith('text/html')) return failed();
      if (answer.ok) served = true;
      const clock = Date.parse(answer.headers.get('date'));
      if (clock) skew = clock - Date.now();
      const fragment = document.createDocumentFragment();
      fragment.append(...new DOMParser().parseFromString(text, 'text/html').body.childNodes);
      return fragment;
    } catch {
      return here.call === call ? failed() : null;
    } finally {
      clearTimeout(timer);
      if (here.call === call) { here.call = null; element.setAttribute('aria-busy', 'false'); }
    }
  }

  function stop(element) {
    const here = place(element);
    clearTimeout(here.timer);
    if (here.call) { const { call } = here; here.call = null; call.abort(); }
  }

  // Looks again later when the fragment asks for it: slower each time, and not for ever.
  function lookAgain(element, wait, look) {
    const here = place(element);
    clearTimeout(here.timer);
    if (!wait || ++here.looks > MOST_LOOKS) return;
    const pause = Math.min(Number(wait) * 1.3 ** (here.looks - 1), 30) * 1000;
    here.timer = setTimeout(() => (document.hidden ? lookAgain(element, wait, look) : look()), pause);
  }

  const waitOf = (fragment) => fragment.querySelector('[data-retry-after]')?.dataset.retryAfter;

  function showWhole(fragment) {
    for (const element of [person, ...panels()]) if (element) stop(element);
    const state = fragment.querySelector('[data-state]').dataset.state;
    if (!whole.hidden && whole.querySelector(`[data-state="${state}"]`)) return;
    say(fragment.querySelector('.state-title').textContent);
    whole.replaceChildren(fragment);
    whole.hidden = false;
    byId('panel').classList.add('panel-whole');
  }

  async function loadPerson() {
    const fragment = await fetched('/panel/person', person);
    if (!fragment) return;
    const wait = waitOf(fragment);
    if (fragment.querySelector('[data-state]')) {
      showWhole(fragment);
    } else {
      const again = !whole.hidden;
      whole.hidden = true;
      byId('panel').classList.remove('panel-whole');
      person.replaceChildren(fragment);
      refreshTimes(person);
      if (again) loadTab(selected());
    }
    lookAgain(person, wait, loadPerson);
    resize();
  }

  // === tabs ===

  const panelOf = (tab) => byId(tab.getAttribute('aria-controls'));
  const panels = () => tabs.map(panelOf);
  const selected = () => tabs.find((tab) => tab.getAttribute('aria-selected') === 'true');

  async function loadTab(tab, quietly) {
    const panel = panelOf(tab), here = place(panel);
    if (!quietly) panel.replaceChildren(copyOf('loading'));
    const fragment = await fetched(`/panel/tab/${tab.dataset.tab}`, panel);
    if (!fragment) return;
    const wait = waitOf(fragment);
    // A list that somebody is working in isn't pulled away; a failed quiet look isn't shown.
    const busy = here.pages > 1 || panel.querySelector('.list')?.contains(document.activeElement);
    if (!quietly || !(busy || fragment.querySelector('[data-state]'))) {
      here.loaded = !fragment.querySelector('[data-state]');
      here.pages = 1;
      if (!quietly) say(fragment.querySelector('[data-announce]')?.dataset.announce || fragment.querySelector('.state-title')?.textContent);
      panel.replaceChildren(fragment);
      refreshTimes(panel);
    }
    if (here.loaded) lookAgain(panel, wait, () => (panel.hidden ? lookAgain(panel, wait, () => loadTab(tab, true)) : loadTab(tab, true)));
  }

  function select(tab, focus) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute('aria-selected', String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      panelOf(other).hidden = !chosen;
    }
    if (focus) tab.focus();
    tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const here = place(panelOf(tab));
    if (!here.loaded && !here.call) loadTab(tab);
  }

  async function more(button) {
    const panel = button.closest('[role=tabpanel]'), tab = byId(panel.getAttribute('aria-labelledby'));
    button.disabled = true;
    const fragment = await fetched(`/panel/tab/${tab.dataset.tab}?cursor=${encodeURIComponent(button.dataset.more)}`, panel);
    if (!fragment) { button.disabled = false; return; }
    const state = fragment.querySelector('.state-title');
    if (fragment.querySelector('[data-state]')) {
      button.disabled = false;
      button.focus();
      button.title = state.textContent;
      say(state.textContent);
      return;
    }
    const rows = [...(fragment.querySelector('[data-rows]')?.children || [])];
    place(panel).pages += 1;
    panel.querySelector('[data-rows]').append(...rows);
    panel.querySelector('.list-foot').replaceWith(fragment.querySelector('.list-foot'));
    refreshTimes(panel);
    say(fragment.querySelector('[data-announce]')?.dataset.announce);
    if (rows[0]) { rows[0].tabIndex = -1; rows[0].focus(); } else panel.focus();
  }

  // === times: the arithmetic of times.rs ===

  function ago(at, now, offset) {
    const past = now - at, day = (ms) => Math.floor((ms + offset * MINUTE) / DAY);
    const counted = (pattern, n) => pattern.replace('{n}', String(n));
    if (past < -5 * MINUTE) return null;
    if (past < MINUTE) return words.now;
    if (past < HOUR) return counted(words.minutes, Math.floor(past / MINUTE));
    if (past < DAY) return counted(words.hours, Math.floor(past / HOUR));
    const days = day(now) - day(at);
    if (days <= 1) return words.yesterday;
    return days <= 6 ? counted(words.days, days) : null;
  }

  function refreshTimes(root) {
    const now = Date.now() + skew;
    for (const time of root.querySelectorAll('time[data-at]')) {
      const text = ago(Number(time.dataset.at), now, Number(time.closest('[data-offset]')?.dataset.offset || 0));
      if (text && time.textContent !== text) time.textContent = text;
    }
  }

  // === what people do ===

  document.addEventListener('click', (event) => {
    const target = event.target.closest('[role=tab],[data-more],[data-action]');
    if (!target) return;
    if (target.matches('[role=tab]')) return select(target, true);
    if (target.dataset.more) return void more(target);
    if (target.dataset.action === 'reload') return repost();
    const panel = target.closest('[role=tabpanel]');
    (panel || whole).focus();
    if (panel) { place(panel).looks = 0; loadTab(selected()); } else { place(person).looks = 0; loadPerson(); }
  });

  document.querySelector('[role=tablist]')?.addEventListener('keydown', (event) => {
    const at = tabs.indexOf(event.target), last = tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    select(tabs[next], true);
  });

  if (!config.token) return;
  setInterval(() => refreshTimes(document), MINUTE);
  loadPerson();
  select(selected(), false);
})();
