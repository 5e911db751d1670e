package dev.slipway.backend;

import java.util.List;
import java.util.ServiceLoader;

/** The backends that are installed. */
public final class Backends {
  private Backends() {}

  public static List<BackendProvider> all() {
    return ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  /**
   * Opens the backend of a name; the caller closes it.
   *
   * @throws BackendUnavailableException where none of that name is installed, or it cannot run here
   */
  public static Backend open(String name, BackendOptions options) {
    List<BackendProvider> all = all();
    BackendProvider provider = all.stream()
        .filter(candidate -> candidate.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new BackendUnavailableException("backend: " + name + " (expected: one of "
            + all.stream().map(BackendProvider::name).toList() + ", the backends on the module path)"));
    return switch (provider.availability()) {
      case Availability.Usable usable -> provider.open(options);
      case Availability.Unusable(String reason) -> throw new BackendUnavailableException("backend " + name + ": " + reason);
    };
  }
}
