package dev.slipway.backend.cuda;

import dev.slipway.operators.AveragePool;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Maxima and means of windows. */
final class PoolTactic extends AnchoredElements {

  PoolTactic(CudaDevice device) {
    super("cuda.pool", 1, device);
  }

  @Override
  Result anchor(Operation operation) {
    return switch (operation.op()) {
      case MaxPool pool -> result(operation, pool.window(), Kind.MAXIMUM);
      case AveragePool pool ->
          result(operation, pool.window(), pool.countIncludePad() ? Kind.MEAN_WITH_PADDING : Kind.MEAN);
      default -> refused("operator " + operation.op().schema().name() + " (expected: MaxPool or AveragePool)");
    };
  }

  private static Result result(Operation operation, SpatialWindow window, Kind kind) {
    TensorType input = operation.input(0);
    if (!input.layout().equals(operation.output().layout())) {
      return refused("layouts " + input.layout() + " and " + operation.output().layout() + " (expected: one)");
    }
    SpatialWindow complete = window.complete(window.kernel());
    double taps = complete.kernel().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    double micros = Requests.movementMicros(operation.request())
        + taps * operation.output().shape().elementCount() / 1e6;
    PoolAnchor anchor = new PoolAnchor(WindowSource.of(input, complete), kind);
    return new Result.Taken(new Anchored(anchor, List.of(operation.port(0)), micros));
  }

  private enum Kind {
    MAXIMUM,
    MEAN,
    MEAN_WITH_PADDING;

    String start() {
      return this == MAXIMUM ? "__int_as_float(0xff800000)" : "0.f";
    }

    String update(String known) {
      return known + " = " + (this == MAXIMUM ? "maximum(" + known + ", x)" : known + " + x") + ";";
    }

    String count() {
      return this == MEAN ? "  count++;\n" : "";
    }
  }

  private record PoolAnchor(WindowSource source, Kind kind) implements ElementSource.Anchor {
    @Override
    public List<TensorType> inputs() {
      return List.of(source.input());
    }

    @Override
    public String one(List<String> axes) {
      String body = "  const float x = widen(a0[" + source.offset(axes.get(0), axes.get(1)) + "]);\n"
          + "  " + kind.update("one") + "\n" + kind.count();
      return "  float one = " + kind.start() + ";\n  int count = 0;\n" + source.loops(axes, body)
          + finish("one", axes);
    }

    @Override
    public Optional<String> packed(List<String> axes, int lanes) {
      String body = "  const auto v = load<%d>(a0 + %s);\n".formatted(lanes, source.offset(axes.get(0), axes.get(1)))
          + eachLane(lanes, "const float x = widen(v.v[lane]); " + kind.update("result[lane]")) + kind.count();
      return Optional.of("  int count = 0;\n" + eachLane(lanes, "result[lane] = " + kind.start() + ";")
          + source.loops(axes, body) + eachLane(lanes, finish("result[lane]", axes)));
    }

    private String finish(String sum, List<String> axes) {
      return switch (kind) {
        case MAXIMUM -> "";
        case MEAN -> "  " + sum + " /= (float) count;\n";
        case MEAN_WITH_PADDING -> "  " + sum + " /= (float) (" + source.coveredElements(axes) + ");\n";
      };
    }

    private static String eachLane(int lanes, String statement) {
      return "#pragma unroll\n  for (int lane = 0; lane < " + lanes + "; lane++) { " + statement.strip() + " }\n";
    }
  }
}
