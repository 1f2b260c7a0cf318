// The panel in the browser: fetches its fragments with the token of the shell, keeps times fresh, and talks
// to the Salesforce page around it. The token lives in this closure only: no cookie, no storage, no address.
'use strict';
(() => {
  const TIMEOUT = 10000, PANEL_HEIGHT = 450, GROUP_HEIGHT = 410, MOST_LOOKS = 20, MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const byId = (id) => document.getElementById(id);
  const config = JSON.parse(byId('panel-config').textContent), { words } = config;
  byId('panel-config').remove();
  const person = byId('person'), whole = byId('whole'), live = byId('announce');
  arrange((config.tabs || '').split(',').filter(Boolean));
  const tabs = [...document.querySelectorAll('[role=tab]')];
  // Of the tabs that the org's admin may put in order, those not named are left out; ours stand where they stood.
  function arrange(wanted) {
    const own = ['moments', 'web', 'email', 'score'].map((name) => byId(`tab-${name}`)).filter(Boolean);
    if (!wanted.length || !own.length) return;
    const mark = own[0].previousElementSibling;
    for (const name of wanted.filter((name) => own.some((tab) => tab.dataset.tab === name)).reverse()) mark.after(byId(`tab-${name}`));
    for (const tab of own.filter((one) => !wanted.includes(one.dataset.tab))) { byId(tab.getAttribute('aria-controls')).remove(); tab.remove(); }
  }

  const places = new Map(); // element → what is known about its content
  const desk = config.recordObject === 'Desk';
  const expiry = Date.now() + (config.sessionSeconds || 0) * 1000;
  let skew = 0, served = false, reposted = false, repostTimer = 0, sequence = 0, sized = false;
  const place = (element) => places.get(element) || places.set(element, { call: null, timer: 0, looks: 0, pages: 0, loaded: false }).get(element);
  const say = (text) => { if (text) live.textContent = text; };

  // === the Salesforce page around the panel ===
  const originOf = (address) => { try { return new URL(address).origin; } catch { return null; } };
  const hash = new URLSearchParams(location.hash.slice(1));
  const targetOrigin = originOf(config.targetOrigin || hash.get('target_origin'));
  const instanceId = config.instanceId || hash.get('instance_id') || window.name.replace(/^canvas-frame-/, '');

  function tell(type, more) {
    if (window.parent === window) return false;
    sequence = sequence % 100 + 1;
    const to = targetOrigin || '*'; // without an origin a refusal can still ask to be reloaded; it names nothing but the frame
    const body = { type, ...more, config: { client: { instanceId, targetOrigin: to, oauthToken: 'null' } } };
    window.parent.postMessage(JSON.stringify({ seq: sequence, src: 'client', clientVersion: '41.0', body, targetModule: 'Canvas' }), to);
    return true;
  }

  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || !targetOrigin || event.origin !== targetOrigin) return;
    let reply;
    try { reply = JSON.parse(event.data); } catch { return; }
    if (repostTimer && Number((reply?.body || reply)?.status) >= 400) repostFailed();
  });

  const reloadable = (able) => document.querySelectorAll('[data-action=reload]').forEach((button) => { button.disabled = !able; });
  function repost() {
    reposted = true;
    reloadable(false);
    if (!tell('repost', { refresh: true })) return repostFailed();
    say(words.reloading);
    repostTimer = setTimeout(repostFailed, 8000);
  }

  function repostFailed() {
    repostTimer = clearTimeout(repostTimer);
    reloadable(true);
    whole.querySelector('.state-todo').textContent = words.reloadFailed;
    say(words.reloadFailed);
  }

  function resize() {
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    if (!sized) tell('resize', { size: { height: `${Math.max(/^(Account|Opportunity)$/.test(config.recordObject) ? GROUP_HEIGHT : PANEL_HEIGHT, height)}px`, width: `${width}px` } });
    sized = true;
  }

  // === fragments ===
  const copyOf = (id) => byId(id).content.cloneNode(true);
  const announced = (fragment) => fragment.querySelector('[data-announce]')?.dataset.announce;
  const waitOf = (fragment) => fragment.querySelector('[data-retry-after]')?.dataset.retryAfter;
  const stateOf = (fragment) => fragment.querySelector('[data-state]')?.dataset.state;
  const titleOf = (fragment) => fragment.querySelector('.state-title')?.textContent;

  function failed() {
    const copy = copyOf('failed');
    if (config.requestId) copy.querySelector('[data-request]').textContent = words.request.replace('{id}', config.requestId);
    return copy;
  }

  function ended() {
    showWhole(copyOf('ended'));
    // Once by itself, and only for a session that worked: a fresh one that is refused would reload for ever.
    if (served && !reposted) repost();
    else if (document.hasFocus()) whole.querySelector('button').focus();
  }

  function stop(element) {
    const here = place(element), { call } = here;
    clearTimeout(here.timer);
    here.call = null;
    call?.abort();
    return here;
  }

  // The fragment behind an address, or null when the call was overtaken or the session has ended.
  async function fetched(address, element, body) {
    const here = stop(element);
    if (config.sessionSeconds && Date.now() >= expiry) { ended(); return null; }
    const call = here.call = new AbortController(), timer = setTimeout(() => call.abort(), TIMEOUT);
    element.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(address, {
        ...(body && { method: 'POST', body }),
        headers: { Authorization: `Bearer ${config.token}`, Accept: 'text/html' },
        cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', signal: call.signal,
      });
      const text = await answer.text();
      if (here.call !== call) return null;
      if (answer.status === 401) { ended(); return null; }
      if (!(answer.headers.get('content-type') || '').startsWith('text/html')) return failed();
      served ||= answer.ok;
      skew = (Date.parse(answer.headers.get('date')) || Date.now()) - Date.now();
      const fragment = new DocumentFragment();
      fragment.append(...new DOMParser().parseFromString(text, 'text/html').body.childNodes);
      return fragment;
    } catch {
      return here.call === call ? failed() : null;
    } finally {
      clearTimeout(timer);
      if (here.call === call) { here.call = null; element.setAttribute('aria-busy', 'false'); }
    }
  }

  // Looks again later when the fragment asks for it: slower each time, and not for ever.
  function lookAgain(element, wait, look) {
    const here = place(element);
    clearTimeout(here.timer);
    if (!wait || ++here.looks > MOST_LOOKS) return;
    const pause = Math.min(Number(wait) * 1.3 ** (here.looks - 1), 30) * 1000;
    here.timer = setTimeout(() => (document.hidden || element.hidden ? lookAgain(element, wait, look) : look()), pause);
  }

  function showWhole(fragment) {
    [person, ...tabs.map(panelOf)].forEach(stop);
    // Looking goes on by itself; saying so again and again would only disturb.
    if (!whole.hidden && stateOf(whole) === 'looking' && stateOf(fragment) === 'looking') return;
    say(titleOf(fragment));
    whole.replaceChildren(fragment);
    whole.hidden = false;
    byId('panel').classList.add('panel-whole');
  }

  async function loadPerson() {
    const fragment = await fetched('/panel/person', person);
    if (!fragment) return;
    const wait = waitOf(fragment), state = stateOf(fragment);
    // A head that is there stays when a later look fails.
    if (state && whole.hidden && person.querySelector('.name')) return lookAgain(person, 5, loadPerson);
    if (state) showWhole(fragment);
    else {
      const again = !whole.hidden;
      whole.hidden = true;
      byId('panel').classList.remove('panel-whole');
      // A choice that somebody is making is not pulled away.
      if (!(byId('who') && byId('who') === document.activeElement)) person.replaceChildren(fragment);
      showWho();
      refreshTimes(person);
      if (again) loadTab(selected());
    }
    lookAgain(person, wait, loadPerson);
    resize();
  }

  // === tabs ===
  const panelOf = (tab) => byId(tab.getAttribute('aria-controls'));
  const selected = () => tabs.find((tab) => tab.getAttribute('aria-selected') === 'true');

  const addressOf = (tab, view) => {
    const query = [view, who && `person=${who}`].filter(Boolean).join('&');
    return `/panel/tab/${tab.dataset.tab}${query ? `?${query}` : ''}`;
  };

  // === one of several people: every tab shows only theirs ===
  let who = '';
  function showWho() {
    const select = byId('who'), record = byId('who-record');
    if (!select) return;
    select.value = who;
    const href = select.selectedOptions[0]?.dataset.href;
    record.hidden = !href;
    if (href) record.href = href; else record.removeAttribute('href');
  }

  function chooseWho(id) {
    who = id;
    showWho();
    for (const tab of tabs) { stop(panelOf(tab)); place(panelOf(tab)).loaded = false; }
    loadTab(selected());
    byId('who')?.focus();
  }
  person?.addEventListener('change', (event) => { if (event.target.id === 'who') chooseWho(event.target.value); });

  // `chosen`: somebody pressed a choice inside the tab, which stays until the new view is there.
  async function loadTab(tab, quietly, chosen) {
    const panel = panelOf(tab), here = place(panel);
    if (!quietly && !chosen) panel.replaceChildren(copyOf('loading'));
    const fragment = await fetched(addressOf(tab, here.view), panel);
    if (!fragment) return;
    const wait = waitOf(fragment), state = stateOf(fragment);
    // A list that somebody is working in isn't pulled away; a quiet look that failed isn't shown.
    const busy = here.pages > 1 || panel.querySelector('.list')?.contains(document.activeElement);
    if (!quietly || !(busy || state)) {
      here.loaded = !state;
      here.pages = 1;
      if (!quietly) say(titleOf(fragment) || announced(fragment));
      panel.replaceChildren(fragment);
      refreshTimes(panel);
      if (chosen) ((chosen === 'switch' ? panel.querySelector('.switch') : panel.querySelector(`button.${chosen}[data-view="${here.view}"]`)) || panel).focus();
    }
    if (here.loaded) lookAgain(panel, wait || (state && 5), () => loadTab(tab, true));
  }

  function select(tab, focus) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute('aria-selected', String(chosen));
      [other.tabIndex, panelOf(other).hidden] = [chosen ? 0 : -1, !chosen];
    }
    if (desk) note.hidden = true;
    if (focus) tab.focus();
    tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const { loaded, call } = place(panelOf(tab));
    if (!loaded && !call) loadTab(tab);
  }

  async function more(button) {
    const panel = button.closest('[role=tabpanel]'), tab = byId(panel.getAttribute('aria-labelledby'));
    button.disabled = true;
    const fragment = await fetched(addressOf(tab, `cursor=${encodeURIComponent(button.dataset.more)}`), panel);
    if (!fragment) return void (button.disabled = false);
    if (stateOf(fragment)) {
      const trouble = button.nextElementSibling || button.parentElement.appendChild(document.createElement('span'));
      say(trouble.textContent = titleOf(fragment));
      button.disabled = false;
      return button.focus();
    }
    const rows = [...(fragment.querySelector('[data-rows]')?.children || [])];
    place(panel).pages += 1;
    panel.querySelector('[data-rows]').append(...rows);
    panel.querySelector('.list-foot').replaceWith(fragment.querySelector('.list-foot'));
    refreshTimes(panel);
    say(announced(fragment));
    if (rows[0]) { rows[0].tabIndex = -1; rows[0].focus(); } else panel.focus();
  }

  // === acting: a menu of what may be done, a form at a time ===
  const acts = byId('acts'), menu = byId('acts-menu'), acting = byId('acting');
  let draftTimer = 0, starter = null;

  function closeMenu(focus) {
    acts.setAttribute('aria-expanded', 'false');
    menu.hidden = true;
    if (focus) acts.focus();
  }

  async function toggleMenu() {
    if (!menu.hidden) return closeMenu();
    acts.setAttribute('aria-expanded', 'true');
    menu.hidden = false;
    menu.replaceChildren();
    const fragment = await fetched('/panel/act', menu);
    if (!fragment || menu.hidden) return;
    menu.replaceChildren(fragment);
    (menu.querySelector('button:not([aria-disabled])') || menu.querySelector('button') || menu).focus();
  }

  function closeForm() {
    clearTimeout(draftTimer);
    stop(acting);
    acting.hidden = true;
    acting.replaceChildren();
    (starter?.isConnected ? starter : byId('panel').classList.contains('panel-group') || !acts ? panelOf(selected()) : acts).focus();
  }

  function showForm(fragment) {
    if (desk && !fragment.querySelector('form') && !stateOf(fragment)) { closeForm(); return tellDone(fragment); }
    const done = fragment.querySelector('[data-done]');
    say(announced(fragment) || titleOf(fragment));
    if (done) {
      const tab = tabs.find((one) => one.dataset.tab === done.dataset.done);
      closeForm();
      if (tab) { place(panelOf(tab)).loaded = false; select(tab, false); }
      return;
    }
    acting.replaceChildren(fragment);
    (acting.querySelector('[role=alert]') ? acting.querySelector('.act-title') : acting.querySelector('[data-preview]') || acting.querySelector('input:not([type=hidden]),select,textarea') || acting).focus();
  }

  async function act(name, body) {
    if (acts) closeMenu();
    if (!body) acting.replaceChildren(copyOf('loading'));
    acting.hidden = false;
    const fragment = await fetched(`/panel/${desk ? 'desk' : 'act'}/${name}`, acting, body);
    if (fragment) showForm(fragment);
  }

  function submit(form, step) {
    const body = new URLSearchParams(new FormData(form));
    body.set('step', step);
    form.querySelectorAll('button').forEach((button) => { button.disabled = true; });
    act(form.dataset.actForm, body);
  }

  // What was written so far is kept without a word, a moment after the last key.
  function keepDraft(form) {
    clearTimeout(draftTimer);
    draftTimer = setTimeout(() => {
      const headers = { Authorization: `Bearer ${config.token}`, Accept: 'text/html' };
      const body = new URLSearchParams(new FormData(form));
      fetch('/panel/act/draft', { method: 'POST', headers, body, cache: 'no-store', credentials: 'omit' }).catch(() => {});
    }, 1500);
  }

  // === the page of the global tab: putting people aside, watching them ===
  async function doAtDesk(button, several) {
    const fragment = await fetched(`/panel/desk/${button.dataset.desk}`, note, several || new URLSearchParams({ person: button.dataset.whom }));
    if (fragment) tellDone(fragment);
  }

  function tellDone(fragment) {
    say(announced(fragment) || titleOf(fragment));
    note.replaceChildren(fragment);
    note.hidden = false;
    for (const tab of tabs) place(panelOf(tab)).loaded = false;
    loadTab(selected(), true);
    (note.querySelector('button') || panelOf(selected())).focus();
  }

  // Several people at once: a bar appears as soon as somebody is ticked.
  const ticked = (panel) => [...panel.querySelectorAll('[data-check]:checked')].map((box) => box.value);
  function tick(box) {
    const panel = box.closest('[role=tabpanel]'), boxes = [...panel.querySelectorAll('[data-check]')], all = panel.querySelector('[data-check-all]');
    if (box === all) for (const one of boxes) one.checked = box.checked;
    const count = ticked(panel).length, bar = panel.querySelector('[data-bulk-bar]');
    [all.checked, all.indeterminate] = [count === boxes.length, count > 0 && count < boxes.length];
    bar.querySelector('[data-bulk-count]').textContent = String(count);
    bar.hidden = !count;
  }

  function doToTicked(button) {
    const people = ticked(button.closest('[role=tabpanel]')), { bulk } = button.dataset;
    if (bulk === 'circular' || bulk === 'launch') return void openSettings(`/panel/${bulk}`, JSON.stringify({ person_ids: people }));
    const body = new URLSearchParams(people.map((id) => ['person', id]));
    if (bulk === 'watch') return void doAtDesk({ dataset: { desk: bulk } }, body);
    starter = button;
    tellNote(null);
    body.set('step', 'form');
    void act(bulk, body);
  }
  document.addEventListener('change', (event) => { if (event.target.matches('[data-check],[data-check-all]')) tick(event.target); });

  // === the lead feed: events as they happen, over and over until the session ends ===
  async function followFeed() {
    const feed = byId('feed'), empty = byId('feed-empty');
    const headers = { Authorization: `Bearer ${config.token}`, Accept: 'text/event-stream' };
    const tell = (event, data) => {
      if (event === 'ready') { empty.replaceChildren(copyOf('feed-nothing')); empty.hidden = feed.children.length > 0; }
      if (event !== 'entry' && event !== 'news') return;
      const entry = new DOMParser().parseFromString(data, 'text/html').body.firstElementChild;
      if (!entry) return;
      feed.prepend(entry);
      refreshTimes(feed);
      empty.hidden = true;
      if (event === 'news') say(entry.textContent);
      while (feed.children.length > 100) feed.lastElementChild.remove();
    };
    while (Date.now() < expiry) {
      try {
        const answer = await fetch('/panel/feed', { headers, cache: 'no-store', credentials: 'omit', redirect: 'error' });
        if (answer.status === 401) return;
        if (answer.ok) {
          feed.replaceChildren();
          const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
          let rest = '';
          for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
            const events = (rest + piece.value).split('\n\n');
            rest = events.pop();
            for (const text of events) {
              const lines = text.split('\n'), of = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
              tell(of('event')[0], of('data').join('\n'));
            }
          }
        }
      } catch { /* the next turn tries again */ }
      await new Promise((next) => setTimeout(next, 5000));
    }
  }

  // === a mail, opened: it slides over the list, and everything else waits ===
  const slide = byId('slide');
  let opener = null;
  const behind = () => [...byId('panel').children].filter((one) => one !== slide && one !== live);

  function closeMail() {
    stop(slide);
    slide.hidden = true;
    slide.replaceChildren();
    behind().forEach((one) => { one.inert = false; });
    (opener?.isConnected ? opener : panelOf(selected())).focus();
  }

  async function openMail(button) {
    opener = button;
    slide.replaceChildren(copyOf('loading'));
    slide.hidden = false;
    behind().forEach((one) => { one.inert = true; });
    const of = button.dataset.of || who;
    const fragment = await fetched(`/panel/mail/${encodeURIComponent(button.dataset.mail)}${of ? `?person=${of}` : ''}`, slide);
    if (!fragment) return void closeMail();
    const state = stateOf(fragment);
    slide.replaceChildren(fragment);
    if (state) slide.append(Object.assign(document.createElement('p'), { className: 'slide-foot' }));
    if (state) slide.querySelector('.slide-foot').append(copyOf('close-mail'));
    refreshTimes(slide);
    say(announced(slide) || titleOf(slide));
    (slide.querySelector('.mail-subject') || slide.querySelector('button')).focus();
  }

  acts?.addEventListener('click', () => { starter = acts; toggleMenu(); });
  acting?.addEventListener('submit', (event) => { event.preventDefault(); submit(event.target, event.submitter?.value || 'do'); });
  acting?.addEventListener('change', (event) => { if (event.target.matches('[data-choose]')) submit(event.target.form, 'choose'); });
  acting?.addEventListener('input', (event) => { if (event.target.matches('[data-draft]')) keepDraft(event.target.form); });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (slide && !slide.hidden) closeMail(); else if (menu && !menu.hidden) closeMenu(true); else if (acting && !acting.hidden) closeForm();
  });

  // === the way to the settings: a new tab, signed in by a code that works once ===
  const note = byId('note'), gear = document.querySelector('[data-action=settings]');
  function tellNote(id) {
    note.hidden = !id;
    gear.setAttribute('aria-expanded', String(!!id));
    note.replaceChildren(...(id ? [copyOf(id)] : []));
  }

  async function openSettings(path = '/panel/settings', body) {
    if (!note.hidden && !body) return tellNote(null);
    tellNote(null);
    // Opened before anything is awaited: later it would count as a pop-up.
    const tab = window.open('about:blank', '_blank');
    gear.disabled = true;
    try {
      const kind = body && { 'Content-Type': 'application/json' };
      const answer = await fetch(path, {
        method: 'POST', body, headers: { Authorization: `Bearer ${config.token}`, Accept: 'application/json', ...kind },
        cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(TIMEOUT),
      });
      const said = await answer.json();
      if (answer.ok && tab) {
        tab.opener = null;
        return void tab.location.replace(said.href);
      }
      tab?.close();
      if (answer.status === 401) return void ended();
      const why = /not_(a_)?member$/.test(said.code) ? 'not-member' : 'no-settings';
      tellNote(said.code === 'campaign.too_many_people' ? 'too-many-people' : why);
    } catch {
      tab?.close();
      tellNote('no-settings');
    } finally {
      gear.disabled = false;
    }
  }
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !note || note.hidden) return;
    tellNote(null);
    gear.focus();
  });

  // === times: the arithmetic of times.rs ===
  function ago(at, now, offset) {
    const past = now - at, day = (ms) => Math.floor((ms + offset * MINUTE) / DAY);
    const counted = (pattern, n) => pattern.replace('{n}', String(n));
    if (past < -5 * MINUTE) return null;
    if (past < MINUTE) return words.now;
    if (past < HOUR) return counted(words.minutes, Math.floor(past / MINUTE));
    if (past < DAY) return counted(words.hours, Math.floor(past / HOUR));
    const days = day(now) - day(at);
    return days <= 1 ? words.yesterday : days <= 6 ? counted(words.days, days) : null;
  }

  function refreshTimes(root) {
    for (const time of root.querySelectorAll('time[data-at]')) {
      const text = ago(Number(time.dataset.at), Date.now() + skew, Number(time.closest('[data-offset]')?.dataset.offset || 0));
      if (text && time.textContent !== text) time.textContent = text;
    }
  }

  // === what people do ===
  document.addEventListener('click', (event) => {
    const target = event.target.closest('[role=tab],[data-more],[data-action],[data-view],[data-act],[data-act-cancel],[data-person],[data-mail],[data-mail-close],[data-subscribe],[data-desk],[data-bulk]');
    if (!target) return;
    if (target.matches('[data-act-cancel]')) return closeForm();
    if (target.dataset.act) {
      if (target.getAttribute('aria-disabled')) return;
      if (/^(circular|launch)$/.test(target.dataset.act)) { closeMenu(); return void openSettings(`/panel/${target.dataset.act}`, '{}'); }
      return void act(target.dataset.act, /watch/.test(target.dataset.act) ? new URLSearchParams() : undefined);
    }
    if (target.matches('[data-mail-close]')) return closeMail();
    if (target.dataset.desk) return void doAtDesk(target);
    if (target.dataset.bulk) return doToTicked(target);
    if (target.dataset.subscribe) {
      const of = target.dataset.of || who;
      starter = target;
      return void act(`subscribe?moment=${encodeURIComponent(target.dataset.subscribe)}${of ? `&person=${of}` : ''}`);
    }
    if (target.dataset.mail) return void openMail(target);
    if (target.dataset.person) return chooseWho(target.dataset.person);
    if (target.matches('[role=tab]')) return select(target, true);
    if (target.dataset.more) return void more(target);
    if (target.dataset.action === 'reload') return repost();
    if (target.dataset.action === 'settings') return void openSettings();
    const panel = target.closest('[role=tabpanel]');
    if (target.dataset.view) {
      place(panel).view = target.dataset.view;
      return void loadTab(selected(), false, ['filter', 'switch'].find((kind) => target.classList.contains(kind)) || 'week');
    }
    (panel || whole).focus();
    place(panel || person).looks = 0;
    if (panel || desk) loadTab(selected()); else loadPerson();
  });

  document.querySelector('[role=tablist]')?.addEventListener('keydown', (event) => {
    const at = tabs.indexOf(event.target), last = tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    select(tabs[next], true);
  });
  if (!config.token) return;
  if (/^(Account|Opportunity)$/.test(config.recordObject)) byId('panel').classList.add('panel-group');
  setInterval(() => refreshTimes(document), MINUTE);
  if (desk) followFeed(); else loadPerson();
  select(selected(), false);
})();
