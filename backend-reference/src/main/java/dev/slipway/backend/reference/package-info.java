/** The backend that runs the reference evaluation of every operator; the oracle of every test. */
package dev.slipway.backend.reference;
