#!/usr/bin/env node
'use strict';
// Stands in for the Salesforce CLI when scripts/package is checked: an org that remembers what was done to it, in the
// file that STAND_IN_ORG names. Commands that would change an org are listed in it, one a line.

const fs = require('node:fs');

const file = process.env.STAND_IN_ORG;
const org = JSON.parse(fs.readFileSync(file, 'utf8'));
const words = process.argv.slice(2);
const option = (name) => words[words.indexOf(name) + 1];
const starts = (...head) => head.every((word, index) => words[index] === word);

function answer(result) {
    console.log(JSON.stringify({ status: 0, result }));
}

function records(rows) {
    answer({ totalSize: rows.length, records: rows });
}

function refuse(message) {
    console.error(message);
    process.exit(1);
}

function changed(work) {
    org.commands.push(words.join(' '));
    work();
    fs.writeFileSync(file, JSON.stringify(org));
}

function query(text) {
    const named = /Name = '(\w+)'/.exec(text)?.[1];
    if (text.includes('FROM Organization')) {
        return records([{ Name: 'Acme', IsSandbox: true, OrganizationType: 'Enterprise Edition' }]);
    }
    if (text.includes('FROM PermissionSetAssignment')) {
        const all = org.assignments.map((each) => ({
            Id: each.replace(' ', ':'),
            Assignee: { Username: each.split(' ')[1] }
        }));
        return records(named ? all.filter(({ Id }) => Id.startsWith(`${named}:`)) : all);
    }
    if (text.includes('FROM PermissionSet ')) {
        return records(org.sets.map((Name) => ({ Name })));
    }
    if (text.includes('FROM TaskType')) {
        return records(org.taskTypes.map((ApiName) => ({ ApiName })));
    }
    if (text.includes('FROM Certificate')) {
        return records(org.certificates.map((DeveloperName) => ({ DeveloperName })));
    }
    return records([]);
}

const SETS = {
    msi: ['Marketo_App_Access', 'Marketo_Sales_Insight_Admin'],
    'org-setup': ['Marketo_Sales_Insight_Secret'],
    'org-setup/main/default/permissionsets': ['Marketo_Sales_Insight_Secret'],
    'client-app': [],
    'classic-app': []
};

if (option('--target-org') !== 'acme') {
    refuse('No authorization information found');
} else if (starts('data', 'query')) {
    query(option('--query'));
} else if (starts('org', 'display')) {
    answer({ instanceUrl: 'https://acme.my.salesforce.com' });
} else if (starts('package', 'installed', 'list')) {
    answer(
        org.installed
            ? [
                  {
                      SubscriberPackageName: 'Marketo Sales Insight',
                      SubscriberPackageVersionId: org.installed,
                      SubscriberPackageVersionNumber: '1.0.0.1'
                  }
              ]
            : []
    );
} else if (starts('package', 'install')) {
    changed(() => {
        org.installed = option('--package');
        org.sets.push(...SETS.msi.filter((name) => !org.sets.includes(name)));
    });
} else if (starts('package', 'uninstall')) {
    changed(() => {
        org.installed = null;
        org.sets = org.sets.filter((name) => !SETS.msi.includes(name));
    });
} else if (starts('project', 'deploy', 'start') || starts('project', 'delete', 'source')) {
    if (!/^https:\/\//.test(process.env.MSI_GATEWAY_ADDRESS ?? '')) {
        refuse('the gateway address is not in the environment');
    }
    // the real one deletes the files too
    if (
        starts('project', 'delete') &&
        fs.realpathSync('.') === fs.realpathSync(process.env.STAND_IN_PROJECT)
    ) {
        refuse('this would delete the sources of the project');
    }
    changed(() => {
        const sets = SETS[option('--source-dir')];
        org.sets = org.sets.filter((name) => !sets.includes(name));
        if (starts('project', 'deploy')) {
            org.sets.push(...sets);
        }
    });
} else if (starts('org', 'assign', 'permset')) {
    changed(() => org.assignments.push(`${option('--name')} ${option('--on-behalf-of')}`));
} else if (starts('data', 'delete', 'record')) {
    changed(() => {
        org.assignments = org.assignments.filter((each) => each.replace(' ', ':') !== option('--record-id'));
    });
} else if (starts('apex', 'run')) {
    const lines = [
        '{"state":"ok","title":"Gateway address is set","message":"https://msi.acme.test"}',
        '{"state":"attention","title":"Org registered","remedy":"Register it"}'
    ];
    answer({
        logs: org.sets.length
            ? lines.map((line) => `10:00:00.0 (1)|USER_DEBUG|[1]|ERROR|MSI_CHECK ${line}`).join('\n')
            : ''
    });
} else {
    refuse(`the stand-in knows no ${words.join(' ')}`);
}
