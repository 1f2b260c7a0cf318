// A warning on the console is a defect that nobody reads: an unknown attribute of a base component, for one, is only
// ever warned about. Here it fails the test that caused it. Plain functions, since a test may reset every mock.
const said = [];

for (const kind of ['error', 'warn']) {
    console[kind] = (...words) => said.push(`console.${kind}: ${words.join(' ')}`);
}

afterEach(() => {
    const heard = said.splice(0);
    if (heard.length > 0) {
        throw new Error(heard.join('\n'));
    }
});
