'use strict';
const { add, alter, tool } = require('../gate');

function check(project) {
    const { failed, text } = tool(
        'jest/bin/jest.js',
        ['--ci', '--no-cache', '--config', 'jest.config.js'],
        project
    );
    const ran = /^Tests:\s+.*?(\d+) total/m.exec(text);
    if (!ran || Number(ran[1]) === 0) {
        return [`no test ran: ${text.slice(-2000)}`];
    }
    return failed ? text.split('\n').filter((line) => /●|console\.|Cannot find|LWC\d+|FAIL/.test(line)) : [];
}

const planted = (name, body) => (project) =>
    add(project, `msi/main/default/lwc/msiText/__tests__/${name}.test.js`, `${body}\n`);

module.exports = {
    about: 'tests of the Lightning web components pass in silence',
    check,
    planted: [
        {
            about: 'an expectation that does not hold',
            plant: planted('plantedExpectation', "it('planted expectation', () => expect(1).toBe(2));"),
            caught: /● planted expectation/
        },
        {
            about: 'a warning on the console',
            plant: planted(
                'plantedWarning',
                "it('planted warning', () => {\n    console.warn('quietly wrong');\n    expect(1).toBe(1);\n});"
            ),
            caught: /console\.warn: quietly wrong/
        },
        {
            about: 'a warning after all mocks were reset',
            plant: planted(
                'plantedLate',
                "it('planted late warning', () => {\n    jest.resetAllMocks();\n    console.error('late and wrong');\n    expect(1).toBe(1);\n});"
            ),
            caught: /console\.error: late and wrong/
        },
        {
            about: 'a base component that does not exist',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/lwc/msiSetupAssistant/msiSetupAssistant.html',
                    /lightning-progress-bar/g,
                    'lightning-progres-bar'
                ),
            caught: /Cannot find module 'lightning\/progresBar'/
        },
        {
            about: 'a handler that does not exist',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/lwc/msiListAction/msiListAction.html',
                    'onclick={start}',
                    'onclick={begin}'
                ),
            caught: /● c-msi-list-action/
        },
        {
            about: 'a template that does not compile',
            plant: (project) =>
                alter(
                    project,
                    'msi/main/default/lwc/msiHighlights/msiHighlights.html',
                    'lwc:if={busy}',
                    'lwc:if="{busy}"'
                ),
            caught: /LWC\d+|FAIL .*msiHighlights/
        }
    ]
};
