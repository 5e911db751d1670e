package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.slipway.graph.AttributeSpec;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.Port;
import dev.slipway.tensor.DType;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorsTest {

  static Stream<OpDefinition> all() {
    return Operators.all().stream();
  }

  /** Those that no attribute is required for, in the schema or between attributes. */
  static Stream<Op> defaults() {
    return all()
        .filter(definition -> definition.schema().attributes().stream().noneMatch(AttributeSpec::required))
        .filter(definition -> !List.of("ai.onnx.ml.LabelEncoder", "Constant").contains(name(definition)))
        .map(definition -> definition.create(Attributes.NONE));
  }

  private static String name(OpDefinition definition) {
    return definition.schema().qualifiedName();
  }

  @ParameterizedTest
  @MethodSource("all")
  void hasAConsistentSchema(OpDefinition definition) {
    OpSchema schema = definition.schema();

    assertThat(Operators.get(schema.qualifiedName())).isSameAs(definition);
    assertThat(Operators.find(schema.domain(), schema.name())).contains(definition);
    assertThat(schema.sinceVersion()).isBetween(1, 27);
    assertThat(schema.outputs()).isNotEmpty();
    assertThat(schema.attributes()).extracting(AttributeSpec::name).doesNotHaveDuplicates();
    assertThat(schema.inputs()).extracting(Port::name).doesNotHaveDuplicates();
    assertOnlyTheLastRepeats(schema.inputs());
    assertOnlyTheLastRepeats(schema.outputs());
  }

  private static void assertOnlyTheLastRepeats(List<Port> ports) {
    assertThat(ports.stream().limit(Math.max(0, ports.size() - 1)))
        .noneMatch(port -> port.kind() == Port.Kind.VARIADIC || port.kind() == Port.Kind.HETEROGENEOUS);
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void isMadeAnewFromItsAttributes(Op op) {
    OpDefinition definition = Operators.get(op.schema().qualifiedName());

    assertThat(op.schema()).isSameAs(definition.schema());
    assertThat(definition.create(op.attributes())).isEqualTo(op);
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void saysHowItQuantisesAndHowFarAKernelMayBe(Op op) {
    assertThat(op.quantization()).isNotNull();
    assertThat(op.tolerance(DType.FLOAT32).relativeEpsilons()).isNotNegative();
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "BitCast to=int8", "BitShift direction=LEFT", "Cast to=float16 saturate=0 round_mode=down", "Clip",
    "EyeLike k=2 dtype=int8", "Gelu approximate=tanh", "HardSigmoid alpha=0.5", "IsInf detect_negative=0",
    "LpNormalization p=1", "Mod fmod=1", "Multinomial seed=3", "RandomNormal shape=2,3 seed=1 dtype=float16",
    "RandomUniformLike dtype=float64 high=4", "ReduceMax keepdims=0 noop_with_empty_axes=1", "STFT onesided=0",
    "TopK axis=1 largest=0", "MeanVarianceNormalization axes=1"})
  void keepsAttributes(String text) {
    Op op = OperatorTable.op(text);

    assertThat(Operators.get(op.schema().qualifiedName()).create(op.attributes())).isEqualTo(op);
  }

  @Test
  void listsEveryOperatorOfThePackage() throws Exception {
    Path classes = Path.of(Operators.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    assumeThat(classes).as("classes in a folder").isDirectory();
    try (Stream<Path> files = Files.list(classes.resolve("dev/slipway/operators"))) {
      for (String file : files.map(path -> path.getFileName().toString()).toList()) {
        assertIsListed(Class.forName("dev.slipway.operators." + file.replace(".class", "")));
      }
    }
  }

  private static void assertIsListed(Class<?> type) throws ReflectiveOperationException {
    for (Field field : type.getDeclaredFields()) {
      if (field.getName().equals("DEFINITION")) {
        field.setAccessible(true);
        assertThat(Operators.all()).as(type.getSimpleName()).contains((OpDefinition) field.get(null));
      }
    }
  }

  @Test
  void refusesUnknownOperators() {
    assertThat(Operators.find("", "Foo")).isEmpty();
    assertThatThrownBy(() -> Operators.get("Foo"))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageStartingWith("operator: Foo (expected: one of the ");
  }
}
