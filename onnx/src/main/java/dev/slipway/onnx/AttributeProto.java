package dev.slipway.onnx;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An attribute: its value is a {@code Long}, {@code Float}, {@code String}, {@link Tensor}, {@link GraphProto},
 * {@link TypeProto} or a list of one of these. In the body of a function it may stand for an attribute of the call.
 */
record AttributeProto(String name, Optional<Object> value, String reference) {

  static AttributeProto read(WireReader in) {
    Fields fields = new Fields(in);
    return new AttributeProto(fields.name, fields.reference.isEmpty() ? Optional.of(fields.value()) : Optional.empty(),
        fields.reference);
  }

  private static final class Fields {
    private final WireReader in;
    private String name = "";
    private String reference = "";
    private long type;
    private Optional<Float> real = Optional.empty();
    private Optional<Long> integer = Optional.empty();
    private Optional<String> string = Optional.empty();
    private Optional<Tensor> tensor = Optional.empty();
    private Optional<GraphProto> graph = Optional.empty();
    private Optional<TypeProto> typeProto = Optional.empty();
    private final List<Float> reals = new ArrayList<>();
    private final Longs integers = new Longs();
    private final List<String> strings = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<GraphProto> graphs = new ArrayList<>();

    Fields(WireReader in) {
      this.in = in;
      while (in.next()) {
        switch (in.field()) {
          case 1 -> name = in.string();
          case 2 -> real = Optional.of(in.fixed32());
          case 3 -> integer = Optional.of(in.varint());
          case 4 -> string = Optional.of(in.string());
          case 5 -> tensor = Optional.of(TensorProto.read(in.message()).tensor());
          case 6 -> graph = Optional.of(GraphProto.read(in.message()));
          case 7 -> in.floats(reals);
          case 8 -> in.varints(integers);
          case 9 -> strings.add(in.string());
          case 10 -> tensors.add(TensorProto.read(in.message()).tensor());
          case 11 -> graphs.add(GraphProto.read(in.message()));
          case 14 -> typeProto = TypeProto.read(in.message());
          case 20 -> type = in.varint();
          case 21 -> reference = in.string();
          case 22 -> tensor = Optional.of(SparseTensorProto.read(in.message()).tensor());
          default -> in.skip();
        }
      }
    }

    Object value() {
      return switch ((int) (type == 0 ? guess() : type)) {
        case 1 -> real.orElse(0f);
        case 2 -> integer.orElse(0L);
        case 3 -> string.orElse("");
        case 4, 11 -> tensor.orElseThrow(() -> missing("tensor"));
        case 5 -> graph.orElseThrow(() -> missing("graph"));
        case 6 -> List.copyOf(reals);
        case 7 -> Arrays.stream(integers.toArray()).boxed().toList();
        case 8 -> List.copyOf(strings);
        case 9 -> List.copyOf(tensors);
        case 10 -> List.copyOf(graphs);
        case 13 -> typeProto.orElseThrow(() -> missing("type"));
        default -> throw in.corrupt("attribute " + name + ": kind " + type + " (expected: one of 1 to 11 and 13)");
      };
    }

    /** The kind of an attribute that does not tell it, as files before IR version 4 may do. */
    private long guess() {
      return real.isPresent() ? 1
          : integer.isPresent() ? 2
          : string.isPresent() ? 3
          : tensor.isPresent() ? 4
          : graph.isPresent() ? 5
          : !reals.isEmpty() ? 6
          : !strings.isEmpty() ? 8
          : 7;
    }

    private SlipwayException missing(String what) {
      return in.corrupt("attribute " + name + ": no " + what + " (expected: a " + what + ")");
    }
  }
}
