/** The backend that runs the reference evaluation of every operator; the oracle of every test. */
module dev.slipway.backend.reference {
  requires transitive dev.slipway.backend;
}
