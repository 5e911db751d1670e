package dev.slipway.backend;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** The backends that are installed. */
public final class Backends {
  private Backends() {}

  public static List<BackendProvider> all() {
    List<BackendProvider> all = new ArrayList<>();
    for (BackendProvider provider :
        ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader())) {
      all.add(provider);
    }
    return List.copyOf(all);
  }

  /**
   * Has a thread find out what runs here, for callers that open a backend soon and have something else to do before: it
   * is most of the time that opening one takes in a fresh JVM.
   */
  public static void prepare() {
    prepare("");
  }

  /** The same for the backend of a name alone. */
  public static void prepare(String name) {
    Thread.ofPlatform().daemon().name("slipway-prepare").start(new Preparation(name));
  }

  private record Preparation(String name) implements Runnable {
    @Override
    public void run() {
      try {
        for (BackendProvider provider : all()) {
          if (name.isEmpty() || provider.name().equals(name)) {
            provider.availability();
          }
        }
      } catch (SlipwayException e) {
        return; // who opens the backend gets it again
      }
    }
  }

  /**
   * Opens the backend of a name; the caller closes it.
   *
   * @throws BackendUnavailableException where none of that name is installed, or it cannot run here
   */
  public static Backend open(String name, BackendOptions options) {
    return usable(name).open(options);
  }

  /**
   * How many devices the backend of a name has here.
   *
   * @throws BackendUnavailableException as {@link #open}
   */
  public static int deviceCount(String name) {
    return usable(name).deviceCount();
  }

  private static BackendProvider usable(String name) {
    List<BackendProvider> all = all();
    for (BackendProvider provider : all) {
      if (provider.name().equals(name)) {
        return usable(provider);
      }
    }
    throw new BackendUnavailableException("backend: " + name + " (expected: one of "
        + all.stream().map(BackendProvider::name).toList() + ", the backends on the module path)");
  }

  private static BackendProvider usable(BackendProvider provider) {
    if (provider.availability() instanceof Availability.Unusable(String reason)) {
      throw new BackendUnavailableException("backend " + provider.name() + ": " + reason);
    }
    return provider;
  }
}
