package dev.slipway.backend.reference;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.BackendProvider;
import dev.slipway.backend.Device;
import dev.slipway.backend.Tactic;
import java.util.List;

/** A backend without kernels: every operator runs through its naive evaluation. The oracle of every test. */
public final class ReferenceBackendProvider implements BackendProvider {

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Availability availability() {
    return new Availability.Usable("naive evaluation in Java, one thread");
  }

  @Override
  public Backend open(BackendOptions options) {
    return new ReferenceBackend();
  }

  private record ReferenceBackend() implements Backend {
    private static final Device DEVICE = new Device("reference", 0, "naive evaluation in Java", "reference 1");

    @Override
    public String name() {
      return "reference";
    }

    @Override
    public Device device() {
      return DEVICE;
    }

    @Override
    public List<Tactic> tactics() {
      return List.of();
    }

    @Override
    public void close() {}
  }
}
