// Puts the components of a page into their places: <div data-component="msiHighlights" data-properties="{…}">.

import '@lwc/synthetic-shadow';
import { createElement } from 'lwc';
import configure from 'lightning/configProvider';
import { base } from './platform/org.js';

configure({ getPathPrefix: () => `${base}/salesforce/_components/slds` });

const COMPONENTS = {
    msiConfig: () => import('c/msiConfig'),
    msiHighlights: () => import('c/msiHighlights'),
    msiListAction: () => import('c/msiListAction'),
    msiSetupAssistant: () => import('c/msiSetupAssistant')
};

for (const place of document.querySelectorAll('[data-component]')) {
    const name = place.dataset.component;
    COMPONENTS[name]().then(({ default: component }) => {
        const tag = `c-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
        const element = createElement(tag, { is: component });
        Object.assign(element, JSON.parse(place.dataset.properties));
        place.replaceChildren(element);
    });
}
