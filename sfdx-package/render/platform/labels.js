import texts from 'msi:labels';
import { language } from './org.js';

/** A label of the package in the user's language; in English where there is no translation. */
export function label(name) {
    return texts[language]?.[name] ?? texts.en[name];
}
