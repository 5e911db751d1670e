package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** The operators of all {@link KernelProvider}s that are installed; loaded when it is first asked. */
final class ProvidedOperators {

  /** An operator and who offers it. */
  record Provided(OpDefinition definition, KernelProvider provider) {}

  private static Optional<Map<String, Provided>> installed = Optional.empty();

  private ProvidedOperators() {}

  static Optional<Provided> find(String qualifiedName) {
    return isOwn(qualifiedName) ? Optional.empty() : Optional.ofNullable(installed().get(qualifiedName));
  }

  private static synchronized Map<String, Provided> installed() {
    if (installed.isEmpty()) {
      installed =
          Optional.of(collect(ServiceLoader.load(KernelProvider.class, KernelProvider.class.getClassLoader())));
    }
    return installed.get();
  }

  /** Names without a domain, and those of ONNX's and Slipway's domains. */
  private static boolean isOwn(String qualifiedName) {
    return qualifiedName.indexOf('.') < 0
        || qualifiedName.startsWith("ai.onnx.") || qualifiedName.startsWith("slipway.");
  }

  /**
   * By qualified name.
   *
   * @throws InvalidGraphException where a provider cannot be loaded, takes a name that is not its own, or takes the
   *     name of another's operator
   */
  static Map<String, Provided> collect(Iterable<KernelProvider> providers) {
    Map<String, Provided> all = new HashMap<>();
    try {
      for (KernelProvider provider : providers) {
        for (OpDefinition definition : provider.operators()) {
          add(all, new Provided(definition, provider));
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new InvalidGraphException("kernel provider: " + e.getMessage() + " (expected: one that loads)", e);
    }
    return Map.copyOf(all);
  }

  private static void add(Map<String, Provided> all, Provided provided) {
    String name = provided.definition.schema().qualifiedName();
    if (isOwn(name)) {
      throw new InvalidGraphException("operator " + name + " of " + className(provided)
          + ": domain (expected: one that is not ONNX's or Slipway's)");
    }
    Provided other = all.putIfAbsent(name, provided);
    if (other != null) {
      throw new InvalidGraphException(
          "operator " + name + ": of " + className(other) + " and of " + className(provided) + " (expected: of one)");
    }
  }

  private static String className(Provided provided) {
    return provided.provider.getClass().getName();
  }
}
