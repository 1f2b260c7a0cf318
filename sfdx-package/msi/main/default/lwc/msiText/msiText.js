/**
 * Puts values into a label's numbered places.
 * @param {string} label such as "{0} of {1}"
 * @param {...*} values the first goes to {0}
 * @returns {string} the sentence
 */
export function fill(label, ...values) {
    return label.replace(/\{(\d+)\}/g, (place, index) => String(values[index] ?? place));
}
