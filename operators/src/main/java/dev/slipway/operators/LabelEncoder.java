package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Looks each element up among numeric keys; the last of equal keys counts, and NaN equals NaN. */
public record LabelEncoder(Tensor keys, Tensor values, Tensor otherwise) implements Op {
  private static final Set<DType> TYPES =
      Set.of(DType.INT64, DType.FLOAT32, DType.INT32, DType.INT16, DType.FLOAT64);
  static final OpDefinition DEFINITION = OpSchema.named("ai.onnx.ml", "LabelEncoder")
      .since(4)
      .input("X", TypeConstraint.of("T1", TYPES))
      .output("Y", TypeConstraint.of("T2", TYPES))
      .attribute("default_float", -0f)
      .attribute("default_int64", -1)
      .attribute("default_string", "_Unused")
      .attribute("default_tensor", Kind.TENSOR)
      .attribute("keys_floats", Kind.FLOATS)
      .attribute("keys_int64s", Kind.INTS)
      .attribute("keys_strings", Kind.STRINGS)
      .attribute("keys_tensor", Kind.TENSOR)
      .attribute("values_floats", Kind.FLOATS)
      .attribute("values_int64s", Kind.INTS)
      .attribute("values_strings", Kind.STRINGS)
      .attribute("values_tensor", Kind.TENSOR)
      .create(LabelEncoder::of);

  public LabelEncoder {
    if (keys.elementCount() != values.elementCount()) {
      throw new InvalidGraphException(
          "attribute values: " + values.elementCount() + " (expected: " + keys.elementCount() + ", one for each key)");
    }
    if (otherwise.elementCount() != 1 || otherwise.dtype() != values.dtype()) {
      throw new InvalidGraphException(
          "attribute default_tensor: " + otherwise.type() + " (expected: one element of " + values.dtype() + ")");
    }
  }

  private static LabelEncoder of(Attributes attributes) {
    Tensor values = table(attributes, "values");
    return new LabelEncoder(table(attributes, "keys"), values, otherwise(attributes, values.dtype()));
  }

  private static Tensor table(Attributes attributes, String name) {
    if (attributes.has(name + "_floats")) {
      List<Float> floats = attributes.reals(name + "_floats");
      Tensor table = Tensor.allocate(DType.FLOAT32, floats.size());
      table.set(floats.stream().mapToDouble(Float::doubleValue).toArray());
      return table;
    }
    if (attributes.has(name + "_int64s")) {
      return Tensor.vector(attributes.integers(name + "_int64s").stream().mapToLong(Long::longValue).toArray());
    }
    return attributes.find(name + "_tensor", Tensor.class).orElseThrow(() -> new InvalidGraphException(
        "attribute " + name + "_tensor: missing (expected: numeric " + name + "; Slipway does not store strings)"));
  }

  private static Tensor otherwise(Attributes attributes, DType type) {
    if (attributes.has("default_tensor")) {
      return attributes.tensor("default_tensor");
    }
    return type.isFloat()
        ? Tensor.scalar(type, attributes.real("default_float", -0f))
        : Tensor.scalar(type, attributes.integer("default_int64", -1));
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("keys_tensor", keys).with("values_tensor", values).with("default_tensor", otherwise);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    if (in.tensor(0).dtype() != keys.dtype()) {
      throw new InvalidGraphException("X: " + in.tensor(0).dtype() + " (expected: " + keys.dtype() + ", as the keys)");
    }
    return List.of(in.tensor(0).withDType(values.dtype()));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    Map<Object, Long> positions = new HashMap<>();
    for (long i = 0; i < keys.elementCount(); i++) {
      positions.put(key(keys, i), i);
    }
    for (long i = 0; i < x.elementCount(); i++) {
      Optional<Long> found = Optional.ofNullable(positions.get(key(x, i)));
      copy(found.isPresent() ? values : otherwise, found.orElse(0L), y, i);
    }
  }

  /** Numbers that are equal have equal keys. */
  private static Object key(Tensor x, long index) {
    return x.dtype().isFloat() ? (Object) (x.getDouble(index) + 0.0) : (Object) x.getLong(index);
  }

  private static void copy(Tensor from, long index, Tensor to, long target) {
    if (from.dtype().isFloat()) {
      to.setDouble(target, from.getDouble(index));
    } else {
      to.setLong(target, from.getLong(index));
    }
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Lines.flow(in);
  }
}
