// What the page says of the org that it belongs to.

const page = document.body.dataset;

/** Path under which the emulated systems are mounted. */
export const base = page.base ?? '';

/** The org, and whoever opened the page. */
export const org = { id: page.org, user: page.user, session: page.session, certificate: page.certificate };

/** The user's language, as labels are translated. */
export const language = (page.language ?? 'en').split(/[-_]/)[0];
