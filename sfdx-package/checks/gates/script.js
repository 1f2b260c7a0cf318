'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT, alter } = require('../gate');

const VERSION = '04t000000000001AAA';
const INSTALL = ['install', '--org', 'acme', '--gateway', 'https://msi.acme.test'];
const PEOPLE = [
    'assign',
    '--org',
    'acme',
    '--users',
    'ada@acme.test,ben@acme.test',
    '--admins',
    'ada@acme.test'
];

/** An org of the stand-in CLI, and the script that works on it. */
class Trial {
    constructor(project) {
        this.home = fs.mkdtempSync(path.join(os.tmpdir(), 'msi-script-'));
        this.org = path.join(this.home, 'org.json');
        fs.mkdirSync(path.join(this.home, 'bin'));
        fs.mkdirSync(path.join(this.home, 'scripts'));
        fs.symlinkSync(project, path.join(this.home, 'sfdx-package'));
        const spoilt = path.join(project, 'scripts-package');
        fs.copyFileSync(
            fs.existsSync(spoilt) ? spoilt : path.join(ROOT, '../scripts/package'),
            path.join(this.home, 'scripts/package')
        );
        fs.copyFileSync(path.join(ROOT, 'checks/stand-in-sf.js'), path.join(this.home, 'bin/stand-in-sf.js'));
        fs.writeFileSync(
            path.join(this.home, 'bin/sf'),
            `#!/bin/sh\nexec "${process.execPath}" "${this.home}/bin/stand-in-sf.js" "$@"\n`,
            { mode: 0o755 }
        );
        this.reset();
    }

    reset() {
        const bare = {
            commands: [],
            sets: [],
            assignments: [],
            installed: null,
            taskTypes: ['Email', 'Call'],
            certificates: []
        };
        fs.writeFileSync(this.org, JSON.stringify(bare));
    }

    run(...words) {
        const env = { ...process.env };
        delete env.MSI_GATEWAY_ADDRESS;
        const before = this.state().commands.length;
        const done = spawnSync('bash', [path.join(this.home, 'scripts/package'), ...words], {
            encoding: 'utf8',
            input: '\n',
            timeout: 60_000,
            env: {
                ...env,
                STAND_IN_ORG: this.org,
                STAND_IN_PROJECT: path.join(this.home, 'sfdx-package'),
                PATH: `${this.home}/bin:${path.dirname(process.execPath)}:${env.PATH}`
            }
        });
        return {
            code: done.status,
            text: done.stdout + done.stderr,
            commands: this.state().commands.slice(before)
        };
    }

    state() {
        return JSON.parse(fs.readFileSync(this.org, 'utf8'));
    }

    close() {
        fs.rmSync(this.home, { recursive: true, force: true });
    }
}

const STEPS = [
    [
        'a command line that is wrong is refused before the org is asked',
        (trial) =>
            [
                ['nothing'],
                ['install', '--org', 'acme'],
                ['install', '--org', 'acme', '--gateway', 'http://x'],
                ['upgrade', '--org', 'acme', '--upgrade-type', 'All'],
                ['assign', '--org', 'acme']
            ].every((words) => trial.run(...words).code === 2)
    ],
    [
        'an org without a session is named, with the command that helps',
        (trial) => {
            const { code, text } = trial.run('check', '--org', 'other');
            return code === 1 && text.includes('sf org login web --alias other');
        }
    ],
    [
        'check names what the org lacks and changes nothing',
        (trial) => {
            const { code, text, commands } = trial.run('check', '--org', 'acme');
            return (
                code === 1 &&
                commands.length === 0 &&
                /Task type Reply is missing/.test(text) &&
                /Certificate MSI_Gateway not found/.test(text)
            );
        }
    ],
    [
        'a dry run changes nothing',
        (trial) =>
            [INSTALL, PEOPLE, ['uninstall', '--org', 'acme']].every(
                (words) => trial.run(...words, '--dry-run').commands.length === 0
            )
    ],
    ['upgrade of nothing is refused', (trial) => trial.run('upgrade', ...INSTALL.slice(1)).code === 1],
    [
        'install brings package, client app and org setup, in this order',
        (trial) => {
            const { code, commands } = trial.run(...INSTALL, '--package', VERSION);
            return (
                code === 0 &&
                commands.map((each) => /install|--source-dir (\S+)/.exec(each)?.[1] ?? 'package').join() ===
                    'package,client-app,org-setup'
            );
        }
    ],
    [
        'an org without external client apps gets a connected app, and no policies of the other kind',
        (trial) => {
            const { code, commands } = trial.run(...INSTALL, '--package', VERSION, '--classic-app');
            return (
                code === 0 &&
                commands.some((each) => /--source-dir classic-app /.test(each)) &&
                commands.some((each) => /namedCredentials/.test(each)) &&
                !commands.some((each) => /client-app|extlClntApp|--source-dir org-setup /.test(each))
            );
        }
    ],
    [
        'a second install leaves the installed version alone',
        (trial) =>
            trial
                .run(...INSTALL, '--package', VERSION)
                .commands.every((each) => !each.startsWith('package install'))
    ],
    [
        'assign gives each set once',
        (trial) => trial.run(...PEOPLE).commands.length === 4 && trial.run(...PEOPLE).commands.length === 0
    ],
    [
        'upgrade installs the new version with its type',
        (trial) =>
            trial
                .run(
                    'upgrade',
                    ...INSTALL.slice(1),
                    '--package',
                    '04t000000000002AAA',
                    '--upgrade-type',
                    'DeprecateOnly'
                )
                .commands.some(
                    (each) =>
                        each.includes('04t000000000002AAA') && each.includes('--upgrade-type DeprecateOnly')
                )
    ],
    [
        'verify shows what the package found out',
        (trial) => {
            const { code, text } = trial.run('verify', '--org', 'acme');
            return (
                code === 1 &&
                /ok +Gateway address is set: https:\/\/msi\.acme\.test/.test(text) &&
                /to do +Org registered\s+Register it/.test(text)
            );
        }
    ],
    ['uninstall asks first', (trial) => trial.run('uninstall', '--org', 'acme').commands.length === 0],
    [
        'uninstall leaves nothing, and a second one finds nothing',
        (trial) => {
            const first = trial.run('uninstall', '--org', 'acme', '--yes');
            const { sets, assignments, installed } = trial.state();
            const second = trial.run('uninstall', '--org', 'acme', '--yes');
            return (
                first.code === 0 &&
                sets.length + assignments.length === 0 &&
                !installed &&
                second.code === 0 &&
                second.commands.length === 0
            );
        }
    ],
    [
        'from source, the Apex tests run',
        (trial) =>
            trial
                .run(...INSTALL)
                .commands.some(
                    (each) => each.includes('--source-dir msi') && each.includes('--tests MsiGatewayTest')
                )
    ],
    [
        'the last line is for machines',
        (trial) =>
            /\nverb=check org=acme dry_run=no changed=0 to_do=\d+ result=(ok|failed)\n$/.test(
                trial.run('check', '--org', 'acme').text
            )
    ]
];

/** The steps that the planted faults run into, and what these steps stand on. */
const NEEDED = /dry run|install brings|assign gives|uninstall asks/;

function check(project, { planted = false } = {}) {
    const trial = new Trial(project);
    try {
        const steps = STEPS.filter(([about]) => !planted || NEEDED.test(about));
        return steps.filter(([, holds]) => !holds(trial)).map(([about]) => `does not hold: ${about}`);
    } finally {
        trial.close();
    }
}

const spoil = (about, caught, from, to) => ({
    about,
    caught,
    plant: (project) => {
        const copy = path.join(project, 'scripts-package');
        if (!fs.existsSync(copy)) {
            fs.copyFileSync(path.join(ROOT, '../scripts/package'), copy);
        }
        alter(project, 'scripts-package', from, to);
    }
});

module.exports = {
    about: 'scripts/package keeps its word, on a stand-in for the Salesforce CLI',
    check,
    planted: [
        spoil(
            'a dry run that changes the org',
            /a dry run changes nothing/,
            'if [ "$dry_run" = yes ]; then\n        printf',
            'if false; then\n        printf'
        ),
        spoil(
            'an assignment given twice',
            /assign gives each set once/,
            'good "$user has $set already"',
            'change again sf org assign permset --target-org "$org" --name "$set" --on-behalf-of "$user"'
        ),
        spoil(
            'an uninstallation that does not ask',
            /uninstall asks first/,
            '[ "$dry_run" = no ] && [ "$yes" = no ]',
            'false'
        )
    ]
};
