package dev.slipway.operators;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.slipway.graph.AttributeSpec;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.DimVector;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.Port;
import dev.slipway.graph.TypeInference;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Makes any operator with any attributes and infers its outputs from any inputs. A build only runs the seeds beside
 * this class; the environment variable {@code JAZZER_FUZZ=1} with {@code -Djazzer.hooks=true} searches for new ones.
 */
class TypeInferenceFuzzTest {
  private static final int LONGEST_LIST = 6;
  private static final int MOST_INPUTS = 8;
  private static final int MOST_OUTPUTS = 5;
  private static final List<DType> TYPES = List.of(DType.values());
  private static final List<Dim> DIMS = List.of(
      Dim.ZERO,
      Dim.ONE,
      Dim.of(2),
      Dim.of(3),
      Dim.of(8),
      Dim.of(Integer.MAX_VALUE + 1L),
      Dim.of(Long.MAX_VALUE),
      Dim.symbol("N"),
      Dim.symbol("M"),
      Dim.symbol("N").times(2).minus(1),
      Dim.symbol("N").plus(3).floorDiv(2),
      Dim.symbol("N").max(Dim.symbol("M")));
  private static final List<String> STRINGS = List.of(
      "", "ij,jk->ik", "...i->...", "i->ii", "constant", "reflect", "linear", "cubic", "nearest", "NOTSET",
      "SAME_UPPER", "VALID", "NCHW", "DCR", "add", "mean", "bidirectional", "reverse", "Relu", "Tanh");
  private static final List<Graph> GRAPHS = List.of(
      graph("graph a { input x: float32[] output y = x }"),
      graph("graph b { input x: float32[N] y = Relu(x) output y = y }"),
      graph("graph c { constant y: bool[] = {1} output y = y }"),
      graph("graph d { input i: int64[] input c: bool[] input x: float32[2] output c = c output x = x output i = i }"));

  @FuzzTest(maxDuration = "8m")
  void infersOrRefuses(FuzzedDataProvider data) {
    OpDefinition definition = data.pickValue(Operators.all());
    OpSchema schema = definition.schema();
    try {
      Op op = definition.create(attributes(schema, data));
      List<TypeInference.Input> inputs = inputs(schema, data);
      TypeInference.infer("n", op, inputs, data.consumeInt(0, MOST_OUTPUTS)).types().forEach(ValueType::toString);
    } catch (SlipwayException e) {
      // refused with a reason
    }
  }

  private static Graph graph(String text) {
    return GraphParser.parse(text, Operators::get);
  }

  private static Attributes attributes(OpSchema schema, FuzzedDataProvider data) {
    Attributes attributes = Attributes.NONE;
    for (AttributeSpec spec : schema.attributes()) {
      if (spec.required() || data.consumeBoolean()) {
        attributes = attributes.with(spec.name(), attribute(spec.kind(), data));
      }
    }
    return attributes;
  }

  private static Object attribute(AttributeSpec.Kind kind, FuzzedDataProvider data) {
    return switch (kind) {
      case INT -> integer(data);
      case FLOAT -> data.consumeFloat();
      case STRING -> string(data);
      case TENSOR -> tensor(data.pickValue(TYPES), data);
      case GRAPH -> data.pickValue(GRAPHS);
      case TYPE -> type(data.pickValue(TYPES), data);
      case INTS -> list(data, () -> integer(data));
      case FLOATS -> list(data, data::consumeFloat);
      case STRINGS -> list(data, () -> string(data));
      case TENSORS -> list(data, () -> tensor(data.pickValue(TYPES), data));
    };
  }

  private static String string(FuzzedDataProvider data) {
    return data.consumeBoolean() ? data.pickValue(STRINGS) : data.consumeAsciiString(12);
  }

  private static long integer(FuzzedDataProvider data) {
    return data.consumeInt(0, 15) == 0 ? data.consumeLong() : data.consumeByte((byte) -4, (byte) 11);
  }

  private static <T> List<T> list(FuzzedDataProvider data, Supplier<T> element) {
    List<T> list = new ArrayList<>();
    for (int left = data.consumeInt(0, LONGEST_LIST); left > 0; left--) {
      list.add(element.get());
    }
    return list;
  }

  private static List<TypeInference.Input> inputs(OpSchema schema, FuzzedDataProvider data) {
    List<TypeInference.Input> inputs = new ArrayList<>();
    int count = data.consumeInt(0, MOST_INPUTS);
    for (int i = 0; i < count; i++) {
      inputs.add(input(schema.inputPort(i), data));
    }
    return inputs;
  }

  private static TypeInference.Input input(Optional<Port> port, FuzzedDataProvider data) {
    List<DType> accepted = port.map(known -> known.constraint().accepts().stream().sorted().toList()).orElse(TYPES);
    DType dtype = data.pickValue(data.consumeInt(0, 31) == 0 ? TYPES : accepted);
    return switch (data.consumeInt(0, 7)) {
      case 0 -> TypeInference.Input.ABSENT;
      case 1, 2 -> TypeInference.Input.of(tensor(dtype, data));
      case 3 -> TypeInference.Input.of(Tensor.vector(list(data, () -> integer(data)).stream()
          .mapToLong(Long::longValue)
          .toArray()));
      case 4 -> dims(data);
      default -> TypeInference.Input.of(type(dtype, data));
    };
  }

  private static TypeInference.Input dims(FuzzedDataProvider data) {
    List<Dim> dims = list(data, () -> data.pickValue(DIMS));
    return data.consumeBoolean() && !dims.isEmpty()
        ? TypeInference.Input.of(TensorType.of(DType.INT64), Optional.of(DimVector.scalar(dims.getFirst())))
        : TypeInference.Input.of(TensorType.of(DType.INT64, dims.size()), Optional.of(DimVector.of(dims)));
  }

  private static ValueType type(DType dtype, FuzzedDataProvider data) {
    return switch (data.consumeInt(0, 31)) {
      case 0 -> new ValueType.SequenceType(TensorType.of(dtype, shape(data)));
      case 1 -> new ValueType.OptionalType(TensorType.of(dtype, shape(data)));
      case 2 -> new ValueType.OptionalType(new ValueType.SequenceType(TensorType.of(dtype, shape(data))));
      case 3 -> TensorType.of(dtype, Shape.UNRANKED);
      default -> TensorType.of(dtype, shape(data));
    };
  }

  private static Shape shape(FuzzedDataProvider data) {
    return Shape.of(list(data, () -> data.pickValue(DIMS)));
  }

  private static Tensor tensor(DType dtype, FuzzedDataProvider data) {
    long[] sizes = new long[data.consumeInt(0, 3)];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = data.consumeInt(0, 3);
    }
    Tensor tensor = Tensor.allocate(dtype, sizes);
    for (long at = 0; at < tensor.data().byteSize() && data.remainingBytes() > 0; at++) {
      tensor.data().set(ValueLayout.JAVA_BYTE, at, data.consumeByte());
    }
    return tensor;
  }
}
