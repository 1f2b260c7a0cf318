'use strict';
// A gate looks at a copy of the project and says what is wrong with it, one finding a line. It counts as working only
// if it also finds every fault that we plant in front of it.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');
const SOURCES = ['msi', 'client-app', 'classic-app', 'org-setup'];
const TOOLS = [
    'config',
    'sfdx-project.json',
    'package.json',
    '.forceignore',
    '.prettierrc',
    '.prettierignore'
];
const CODE = ['eslint.config.js', 'jest.config.js', 'checks', 'README.md'];
const MODULES = path.join(ROOT, 'node_modules');

/** A program of ours in node_modules, by the path of its script. */
function tool(script, args, cwd, env = {}) {
    return run(process.execPath, [path.join(MODULES, script), ...args], cwd, env);
}

/** A single-file Java program, compiled as it starts; `options` are the virtual machine's own. */
function java(classPath, options, program, args, cwd) {
    const command = process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
    return run(command, ['-cp', classPath.join(path.delimiter), ...options, program, ...args], cwd);
}

function run(command, args, cwd, env = {}) {
    const done = spawnSync(command, args, {
        cwd,
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        timeout: 180_000,
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', ...env }
    });
    const text = `${done.stdout ?? ''}${done.stderr ?? ''}`;
    return {
        failed: done.status !== 0,
        text: done.error ? `${command}: ${done.error.message}\n${text}` : text
    };
}

/** Findings of a tool that says by its exit code whether there are any. */
function findings({ failed, text }, keep = /\S/) {
    if (!failed) {
        return [];
    }
    const lines = text.split('\n').filter((line) => keep.test(line));
    return lines.length > 0 ? lines : ['failed without a word'];
}

/** Every file below a folder, as paths from that folder. */
function filesBelow(folder) {
    if (!fs.existsSync(folder)) {
        return [];
    }
    return fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
        .sort();
}

/** A copy of the project that may be spoilt. */
function copyProject(target) {
    fs.rmSync(target, { recursive: true, force: true });
    fs.mkdirSync(target, { recursive: true });
    for (const name of [...SOURCES, ...TOOLS, ...CODE]) {
        if (fs.existsSync(path.join(ROOT, name))) {
            fs.cpSync(path.join(ROOT, name), path.join(target, name), { recursive: true });
        }
    }
    fs.symlinkSync(MODULES, path.join(target, 'node_modules'));
    return target;
}

/** Changes a file of a copy; a fault that no longer fits the file it was written for is an error of the fault. */
function alter(project, file, from, to) {
    const place = path.join(project, file);
    const before = fs.readFileSync(place, 'utf8');
    const after = before.replace(from, to);
    if (after === before) {
        throw new Error(`planted fault no longer fits ${file}: ${from}`);
    }
    fs.writeFileSync(place, after);
}

function add(project, file, text) {
    const place = path.join(project, file);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, text);
}

/** A class of its own for a planted fault, so that one fault can't hide another. */
function addClass(project, name, body) {
    const file = `msi/main/default/classes/${name}.cls`;
    add(project, file, `public with sharing class ${name} {\n${body}\n}\n`);
    add(
        project,
        `${file}-meta.xml`,
        '<?xml version="1.0" encoding="UTF-8" ?>\n<ApexClass xmlns="http://soap.sforce.com/2006/04/metadata">\n    <apiVersion>67.0</apiVersion>\n    <status>Active</status>\n</ApexClass>\n'
    );
}

module.exports = {
    ROOT,
    MODULES,
    SOURCES,
    add,
    addClass,
    alter,
    copyProject,
    filesBelow,
    findings,
    java,
    tool
};
