/** Runs every operator through its naive evaluation: the oracle of every test. */
module dev.slipway.backend.reference {
  requires transitive dev.slipway.backend;

  exports dev.slipway.backend.reference;

  provides dev.slipway.backend.BackendProvider with
      dev.slipway.backend.reference.ReferenceBackendProvider;
}
