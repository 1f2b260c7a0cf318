'use strict';
// Runs every gate on the project, then on a copy with planted faults, each of which the gate must name.
//
//   node checks/run.js [GATE...]        last line: "N passed, N failed"

const fs = require('node:fs');
const path = require('node:path');
const { ROOT, copyProject } = require('./gate');

const GATES = [
    'format',
    'metadata',
    'conversion',
    'apex-ls',
    'apex-types',
    'eslint',
    'jest',
    'security',
    'references',
    'script'
];
const WORK = path.join(ROOT, '.work');
const SHOWN = 40;

async function main(chosen) {
    const unknown = chosen.filter((name) => !GATES.includes(name));
    if (unknown.length > 0) {
        console.error(`no such gate: ${unknown.join(', ')}; there are ${GATES.join(', ')}`);
        return 2;
    }
    let passed = 0;
    let failed = 0;
    for (const name of chosen.length > 0 ? chosen : GATES) {
        const begun = Date.now();
        const gate = require(`./gates/${name}`);
        const lines = [];
        const found = await attempt(() => gate.check(ROOT));
        if (found.length === 0) {
            passed++;
        } else {
            failed++;
            lines.push(...found.slice(0, SHOWN).map((line) => `    ${line}`));
        }
        const missed = await missedFaults(name, gate);
        passed += gate.planted.length - missed.length;
        failed += missed.length;
        lines.push(...missed.map((line) => `    planted fault not caught: ${line}`));
        const verdict = lines.length === 0 ? 'ok    ' : 'FAILED';
        const faults = `${gate.planted.length - missed.length} of ${gate.planted.length} planted faults caught`;
        console.log(`${verdict}  ${name.padEnd(11)} ${gate.about}; ${faults}  ${seconds(begun)}`);
        lines.forEach((line) => console.log(line));
    }
    fs.rmSync(WORK, { recursive: true, force: true });
    console.log(`${passed} passed, ${failed} failed`);
    return failed > 0 ? 1 : 0;
}

/** All faults of a gate go into one copy: each names its own file, and the gate must name each. */
async function missedFaults(name, gate) {
    const project = copyProject(path.join(WORK, name));
    for (const fault of gate.planted) {
        fault.plant(project);
    }
    const found = await attempt(() => gate.check(project, { planted: true }));
    const report = found.join('\n');
    const missed = gate.planted.filter((fault) => !fault.caught.test(report));
    if (missed.length > 0 && process.env.SHOW_PLANTED) {
        console.log(report);
    }
    return missed.map((fault) => fault.about);
}

async function attempt(work) {
    try {
        return await work();
    } catch (error) {
        return [`the gate itself broke: ${error.stack}`];
    }
}

function seconds(begun) {
    return `${((Date.now() - begun) / 1000).toFixed(1)} s`;
}

main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
});
