'use strict';
const { add, alter, findings, tool } = require('../gate');

module.exports = {
    about: 'Lightning code keeps the platform’s rules',
    check: (project) =>
        findings(
            tool('eslint/bin/eslint.js', ['--max-warnings', '0', '--format', 'json', '.'], project)
        ).flatMap((text) => {
            if (!text.startsWith('[')) {
                return [text];
            }
            return JSON.parse(text).flatMap(({ filePath, messages }) =>
                messages.map(
                    ({ line, ruleId, message }) =>
                        `${filePath.replace(`${project}/`, '')}:${line} ${ruleId}: ${message}`
                )
            );
        }),
    planted: [
        {
            about: 'markup written as text in a Lightning web component',
            plant: (project) =>
                add(
                    project,
                    'msi/main/default/lwc/msiText/planted.js',
                    'export function planted(node, text) {\n    node.innerHTML = text;\n}\n'
                ),
            caught: /planted\.js.*inner-html/
        },
        {
            about: 'a timer in a Lightning web component',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/lwc/msiHighlights/msiHighlights.js',
                    'const asked',
                    'setTimeout(() => {}, 1);\n        const asked'
                ),
            caught: /msiHighlights\.js.*no-async-operation/
        },
        {
            about: 'a public property that is written from inside',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/lwc/msiListAction/msiListAction.js',
                    'this.prepare();',
                    "this.action = 'email';"
                ),
            caught: /msiListAction\.js.*no-api-reassignments/
        },
        {
            about: 'eval in an Aura helper',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/aura/msiPanel/msiPanelHelper.js',
                    'var switches',
                    "eval('1');\n        var switches"
                ),
            caught: /msiPanelHelper\.js.*eval/
        },
        {
            about: 'a name that nobody defined',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/aura/msiPanel/msiPanelController.js',
                    "component.set('v.failure'",
                    'nobody.set(component'
                ),
            caught: /msiPanelController\.js.*no-undef/
        },
        {
            about: 'a test that expects nothing',
            plant: (project) =>
                add(
                    project,
                    'msi/main/default/lwc/msiText/__tests__/planted.test.js',
                    "describe('c-planted', () => {\n    it('does nothing', () => {});\n});\n"
                ),
            caught: /planted\.test\.js.*expect-expect/
        }
    ]
};
