package dev.slipway.benchmarks;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.evaluation.Content;
import dev.slipway.evaluation.InputProcessing;
import dev.slipway.evaluation.Item;
import dev.slipway.evaluation.Label;
import dev.slipway.evaluation.PictureInput;
import dev.slipway.evaluation.Processing;
import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import dev.slipway.vision.Image;
import dev.slipway.vision.Normalization;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.Preprocessing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Latency from a decoded picture, or a text, to the outputs on the host, on a GPU: prepared on the CPU and then copied,
 * against copied as it is and prepared in the model's own graph. The two take turns.
 *
 * <p>Arguments: {@code MODEL.onnx PROCESSING WIDTHxHEIGHT}, three for each model, where PROCESSING is a YAML file,
 * {@code text-map} for PP-OCR's detection, or {@code text-line} for its recognition; for a text the size is 0x0. Then
 * {@code --precision fp16}, {@code --runs 200}, {@code --cache FILE}, {@code --json FILE}.
 */
public final class PreprocessingBenchmark {
  private static final String TEXT = "The latency of a sentence counts from its characters to its embedding, not from"
      + " its tokens, since somebody has to cut it into these first.";

  private final List<String> models;
  private final List<Result> results = new ArrayList<>();
  private final BuildOptions options;
  private final int runs;
  private final Optional<Path> json;

  private PreprocessingBenchmark(Arguments arguments) {
    models = arguments.rest();
    options = arguments.build(BuildOptions.defaults().withPrecision(BuildOptions.Precision.FP16));
    runs = arguments.integer("--runs", 200);
    json = arguments.path("--json");
  }

  /** Medians in milliseconds; NaN where nothing can be prepared on the device. */
  private record Result(
      String model, String source, double prepare, double run, double onCpu, double onDevice, double difference) {
    String line() {
      return String.format(Locale.ROOT, "%-24s %-12s %9.3f %9.3f %9.3f %9.3f %10.2e",
          model, source, prepare, run, onCpu, onDevice, difference);
    }

    String json() {
      return String.format(Locale.ROOT, "    {\"model\": \"%s\", \"source\": \"%s\", \"prepareOnCpuMs\": %.4f,"
          + " \"runMs\": %.4f, \"endToEndOnCpuMs\": %.4f, \"endToEndOnDeviceMs\": %s, \"largestDifference\": %s}",
          model, source, prepare, run, onCpu, number(onDevice), number(difference));
    }

    private static String number(double value) {
      return Double.isNaN(value) ? "null" : String.format(Locale.ROOT, "%.4g", value);
    }
  }

  public static void main(String[] arguments) throws IOException {
    List<String> options = List.of("--precision", "--cache", "--runs", "--json");
    new PreprocessingBenchmark(Arguments.parse(arguments, options)).run();
    System.exit(0);
  }

  private void run() throws IOException {
    try (Backend cuda = Backends.open("cuda", BackendOptions.defaults())) {
      System.out.println(cuda.device().description());
      System.out.printf("%-24s %-12s %9s %9s %9s %9s %10s%n",
          "model", "source", "prepare", "run", "on cpu", "on device", "difference");
      for (int i = 0; i + 2 < models.size(); i += 3) {
        Result result = measure(Path.of(models.get(i)), models.get(i + 1), models.get(i + 2), cuda);
        results.add(result);
        System.out.println(result.line());
      }
      if (json.isPresent()) {
        Files.writeString(json.get(), "{\n  \"device\": \"" + cuda.device().description() + "\",\n  \"precision\": \""
            + options.precision() + "\",\n  \"runs\": " + runs + ",\n  \"rows\": [\n"
            + String.join(",\n", results.stream().map(Result::json).toList()) + "\n  ]\n}\n");
      }
    }
  }

  private static InputProcessing processing(String name) {
    return switch (name) {
      case "text-map" -> new PictureInput("", Preprocessing.to(PixelFormat.BGR).resize(640, 640)
          .normalize(Normalization.IMAGENET), PictureInput.Layout.NCHW);
      case "text-line" -> new PictureInput("", Preprocessing.to(PixelFormat.BGR).resize(320, 48)
          .normalize(Normalization.SYMMETRIC), PictureInput.Layout.NCHW);
      default -> Processing.read(Path.of(name)).input();
    };
  }

  private Result measure(Path model, String processing, String size, Backend cuda) {
    Graph graph = OnnxReader.read(model);
    InputProcessing input = processing(processing);
    String name = model.getFileName().toString().replace(".onnx", "");
    if (!(input instanceof PictureInput picture)) {
      Content content = new Content.TextPair(TEXT, TEXT);
      return measure(name, "text", input, new Item(name, content, new Label.None()), graph, Optional.empty(), cuda);
    }
    String[] sides = size.split("x");
    Image image = picture(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
    Graph withPictures = picture.prepend(graph, image.format());
    Item item = new Item(name, new Content.Picture(image), new Label.None());
    return measure(name, size, input, item, graph, Optional.of(withPictures), cuda);
  }

  /** Smooth colours, as pictures have them. */
  private static Image picture(int width, int height) {
    Image image = Image.allocate(width, height, PixelFormat.BGR);
    for (int i = 0; i < image.pixels().length; i++) {
      int pixel = i / 3;
      image.pixels()[i] = (byte) (128 + 100 * Math.sin(pixel % width * 0.02 + i % 3) * Math.cos(pixel / width * 0.013));
    }
    return image;
  }

  private Result measure(
      String name,
      String source,
      InputProcessing input,
      Item item,
      Graph graph,
      Optional<Graph> withPictures,
      Backend cuda) {
    Map<String, Tensor> prepared = prepare(input, item, graph);
    try (Engine engine = build(graph, prepared, cuda); ExecutionContext context = engine.newContext()) {
      Optional<Engine> second = withPictures.map(other -> build(other, pictures(other, item), cuda));
      try (PictureEngine device = new PictureEngine(second)) {
        double[] prepare = new double[runs];
        double[] onCpu = new double[runs];
        double[] onDevice = new double[runs];
        Arrays.fill(onDevice, Double.NaN);
        double difference = Double.NaN;
        for (int i = -runs / 4; i < runs; i++) {
          int index = Math.max(i, 0);
          long start = System.nanoTime();
          Map<String, Tensor> values = prepare(input, item, graph);
          prepare[index] = (System.nanoTime() - start) / 1e6;
          Map<String, Tensor> outputs = context.run(values);
          onCpu[index] = (System.nanoTime() - start) / 1e6;
          if (device.context().isPresent()) {
            start = System.nanoTime();
            Map<String, Tensor> others = device.run(item);
            onDevice[index] = (System.nanoTime() - start) / 1e6;
            difference = i == 0 ? difference(outputs, others) : difference;
          }
        }
        double[] run = new double[runs];
        Arrays.setAll(run, i -> onCpu[i] - prepare[i]);
        return new Result(name, source, median(prepare), median(run), median(onCpu), median(onDevice), difference);
      }
    }
  }

  /** The engine that takes pictures, where there is one, and memory for a picture. */
  private record PictureEngine(Optional<Engine> engine, Optional<ExecutionContext> context,
      Map<String, Tensor> pictures) implements AutoCloseable {

    PictureEngine(Optional<Engine> engine) {
      this(engine, engine.map(Engine::newContext), new LinkedHashMap<>());
    }

    Map<String, Tensor> run(Item item) {
      byte[] pixels = ((Content.Picture) item.content()).image().pixels();
      if (pictures.isEmpty()) {
        PreprocessingBenchmark.pictures(engine.orElseThrow().graph(), item)
            .forEach((name, tensor) -> pictures.put(name, context.orElseThrow().allocate(tensor.type())));
      }
      Tensor picture = pictures.values().iterator().next();
      MemorySegment.copy(MemorySegment.ofArray(pixels), 0, picture.data(), 0, pixels.length);
      return context.orElseThrow().run(pictures);
    }

    @Override
    public void close() {
      context.ifPresent(ExecutionContext::close);
      engine.ifPresent(Engine::close);
    }
  }

  private static Map<String, Tensor> prepare(InputProcessing input, Item item, Graph graph) {
    Map<String, ValueType> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(id -> inputs.put(graph.value(id).name(), graph.type(id)));
    return input.prepare(item, inputs).getFirst().inputs();
  }

  private static Map<String, Tensor> pictures(Graph graph, Item item) {
    Image image = ((Content.Picture) item.content()).image();
    Tensor tensor = Tensor.allocate(DType.UINT8, 1, image.height(), image.width(), image.channels());
    MemorySegment.copy(MemorySegment.ofArray(image.pixels()), 0, tensor.data(), 0, image.pixels().length);
    return Map.of(graph.value(graph.inputs().getFirst()).name(), tensor);
  }

  private Engine build(Graph graph, Map<String, Tensor> inputs, Backend cuda) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    inputs.forEach((name, tensor) -> ranges.put(name, OptimizationProfile.Range.exactly(tensor.dims())));
    BuildOptions profiled = options.withProfiles(List.of(new OptimizationProfile(ranges)));
    return Engine.of(new Builder(cuda, profiled).build(graph).plan(), cuda);
  }

  private static double difference(Map<String, Tensor> some, Map<String, Tensor> others) {
    double largest = 0;
    for (Map.Entry<String, Tensor> entry : some.entrySet()) {
      Tensor other = others.get(entry.getKey());
      for (long i = 0; i < other.elementCount(); i++) {
        largest = Math.max(largest, Math.abs(entry.getValue().getDouble(i) - other.getDouble(i)));
      }
    }
    return largest;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
