package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import java.util.List;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProvidedOperatorsTest {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOAT32);

  private record Plugin(List<OpDefinition> operators) implements KernelProvider {
    static Plugin of(String domain, String name) {
      return new Plugin(List.of(
          OpSchema.named(domain, name).input("x", T).output("y", T).create(attributes -> new Softsign())));
    }
  }

  @Test
  void findsOperatorsByDomainAndName() {
    Plugin plugin = Plugin.of("com.example", "Magic");
    assertThat(ProvidedOperators.collect(List.of(plugin)).get("com.example.Magic").provider()).isEqualTo(plugin);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ai.onnx.ml", "slipway"})
  void refusesDomainsOfOthers(String domain) {
    assertThatThrownBy(() -> ProvidedOperators.collect(List.of(Plugin.of(domain, "Magic"))))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageEndingWith("domain (expected: one that is not ONNX's or Slipway's)");
  }

  @Test
  void refusesTwoProvidersOfOneOperator() {
    List<KernelProvider> twins = List.of(Plugin.of("com.example", "Magic"), Plugin.of("com.example", "Magic"));
    assertThatThrownBy(() -> ProvidedOperators.collect(twins))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageStartingWith("operator com.example.Magic: of ");
  }

  @Test
  void tellsWhatDoesNotLoad() {
    Iterable<KernelProvider> broken = () -> {
      throw new ServiceConfigurationError("com.example.Gone not found");
    };
    assertThatThrownBy(() -> ProvidedOperators.collect(broken))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessage("kernel provider: com.example.Gone not found (expected: one that loads)");
  }
}
