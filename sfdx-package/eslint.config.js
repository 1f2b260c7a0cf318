const { defineConfig, globalIgnores } = require('eslint/config');
const js = require('@eslint/js');
const globals = require('globals');
const jest = require('eslint-plugin-jest');
const lwc = require('@salesforce/eslint-config-lwc/recommended');
const aura = require('@salesforce/eslint-plugin-aura');

module.exports = defineConfig([
    globalIgnores(['.work/', 'coverage/']),
    { files: ['**/lwc/**/*.js'], extends: [lwc] },
    {
        files: ['**/lwc/**/__tests__/**/*.js'],
        plugins: { jest },
        rules: {
            ...jest.configs['flat/recommended'].rules,
            '@lwc/lwc/no-unexpected-wire-adapter-usages': 'off',
            '@lwc/lwc/no-async-operation': 'off'
        },
        languageOptions: { globals: { ...globals.node, ...globals.jest } }
    },
    {
        files: ['**/aura/**/*.js'],
        extends: [...aura.configs.recommended, ...aura.configs.locker],
        // an Aura controller is one parenthesised object, which this rule takes for a forgotten use
        rules: { 'no-unused-expressions': 'off' }
    },
    {
        files: ['checks/**/*.js', '*.config.js'],
        extends: [js.configs.recommended],
        languageOptions: {
            sourceType: 'commonjs',
            ecmaVersion: 'latest',
            globals: { ...globals.node, ...globals.jest }
        }
    }
]);
