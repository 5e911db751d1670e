package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Peaks;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The page in a real browser. */
class ReportBrowserTest {
  private static final List<String> PARTS = List.of("summary", "graph", "layers", "roofline", "latency", "memory");
  private static final String DRAWN = "document.querySelector('svg.graph').dataset.nodes";

  @TempDir static Path folder;
  private static Browser browser;
  private static Graph deep;
  private static String page;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    Optional<Path> program = Browser.program();
    assumeTrue(program.isPresent(), "chromium is not installed (apt-get install chromium)");
    browser = new Browser(program.get());
    deep = DeepNetwork.graph();
    page = write("deep.html", Report.of("deep.onnx").lead("a test").interfaceOf(deep)
        .stage("Model", "as it is", deep)
        .stage("Optimised", "folded and fused", Pipelines.lower(deep).graph()));
  }

  /** A report with everything that can be measured. */
  private static Report measured() {
    Map<String, Tensor> inputs = DeepNetwork.inputs();
    try (Backend cpu = new CpuBackendProvider().open(BackendOptions.withThreads(1));
        Engine engine = Engine.of(
            new Builder(cpu, BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF)).build(deep).plan(), cpu)) {
      ProfiledRuns runs = ProfiledRuns.of(engine, Map.copyOf(inputs), Load.closed(1, 0, 0, 8));
      Peaks peaks = new Peaks(
          List.of(new Peaks.Compute("FMA", DType.FLOAT32, 1, 1e11), new Peaks.Compute("VNNI", DType.INT8, 1, 4e11)),
          List.of(new Peaks.Memory("L1", 48 << 10, 1, 4e11), new Peaks.Memory("memory", Long.MAX_VALUE, 1, 1e10)), 100);
      Roofline roofline = new Roofline(peaks, 1, 1 << 20);
      LayerComparison comparison = LayerComparison.of(
          Trace.ofEngine(engine, inputs), Trace.ofReference(deep, inputs), deep, inputs, Threshold.FLOAT32);
      return Report.of("deep.onnx").lead("a test").interfaceOf(deep)
          .stage("Model", "with the error of each node", deep, comparison)
          .stage("Engine", "what runs", engine, ModelProfile.of("deep", "cpu", "fp32", 1, runs, roofline::of))
          .roofline(roofline)
          .memory(engine.workspaceUse(Map.of()), engine.weightBytes());
    }
  }

  @AfterAll
  static void stop() throws IOException {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void wideAndLight() throws IOException {
    browser.resize(1280, 800);
    browser.prefersColors("light");
  }

  private static String write(String name, Report report) throws IOException {
    return Files.writeString(folder.resolve(name), report.html()).toUri().toString();
  }

  private static void open(String part) throws IOException {
    browser.open("about:blank");
    browser.open(page + "#" + part);
  }

  @Test
  void needsNothingAndComplainsOfNothing() throws IOException {
    for (String part : PARTS) {
      open(part);
      assertThat(browser.errors()).isEmpty();
      assertThat(browser.requests()).as(part).containsExactly(page);
    }
  }

  @Test
  void drawsEveryNode() throws IOException {
    open("graph");
    int drawn = deep.nodes().size() + deep.inputs().size() + deep.outputs().size();
    assertThat(browser.evaluate(DRAWN).asString()).isEqualTo(Integer.toString(drawn));
    assertThat(browser.evaluate("document.querySelectorAll('.item').length").asInt()).isEqualTo(drawn);
    assertThat(browser.evaluate("[...document.querySelectorAll('.item')].map(item => item.getAttribute('transform'))"
        + ".filter(place => place.includes('NaN')).length").asInt()).isZero();
  }

  @Test
  void drawsNoTwoNodesOverEachOther() throws IOException {
    open("graph");
    assertThat(browser.evaluate("""
        (() => {
          const boxes = [...document.querySelectorAll('.item .box')].map(box => box.getBoundingClientRect());
          return boxes.filter((a, i) => boxes.some((b, j) => i < j
            && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length;
        })()""").asInt()).isZero();
  }

  @Test
  void findsNodesByTheirOperator() throws IOException {
    open("graph");
    browser.press("/");
    for (char letter : "softmax".toCharArray()) {
      browser.press(String.valueOf(letter));
    }
    assertThat(browser.evaluate("document.querySelectorAll('.item.match').length").asInt()).isEqualTo(1);
    browser.press("Enter");
    assertThat(browser.evaluate("document.querySelector('.details h2').textContent").asString()).isEqualTo("Softmax");
    browser.press("Escape");
    assertThat(browser.evaluate("document.querySelectorAll('.item.match').length").asInt()).isZero();
  }

  @Test
  void walksTheGraphByKeys() throws IOException {
    open("graph");
    browser.evaluate("document.querySelector('.item[tabindex=\"0\"]').focus()");
    browser.press("ArrowDown");
    assertThat(browser.evaluate("document.activeElement.getAttribute('aria-label')").asString()).startsWith("Conv, ");
    browser.press("Enter");
    assertThat(browser.evaluate("document.querySelector('.details').textContent").asString())
        .contains("Attributes", "float32[6, 3, 3, 3]", "deviation", "Optimised: ");
    browser.press("ArrowUp");
    assertThat(browser.evaluate("document.activeElement.getAttribute('aria-label')").asString()).startsWith("input image");
  }

  @Test
  void reachesEveryControlByTab() throws IOException {
    open("graph");
    StringBuilder reached = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      browser.press("Tab");
      reached.append(browser.evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label')"
          + " || document.activeElement.tagName").asString()).append('\n');
    }
    assertThat(reached).contains("tab-graph", "search", "colouring", "compare", "Zoom in", "Stage of the model", "Model-i0");
  }

  @Test
  void collapsesAndExpandsRepeatedBlocks() throws IOException {
    Graph layers = chain(6, 12);
    browser.open(write("layers.html", Report.of("layers").stage("Model", "", layers)) + "#graph");
    assertThat(browser.evaluate(DRAWN).asString()).isEqualTo(Integer.toString(layers.nodes().size() + 2));
    browser.evaluate("document.getElementById('collapse').click()");
    assertThat(browser.evaluate("document.querySelectorAll('.item.block').length").asInt()).isEqualTo(6);
    browser.evaluate("document.querySelector('.item.block').focus()");
    browser.press(" ");
    assertThat(browser.evaluate("document.querySelectorAll('.item.block').length").asInt()).isEqualTo(5);
    browser.press(" ");
    assertThat(browser.evaluate("document.querySelectorAll('.item.block').length").asInt()).isEqualTo(6);
    browser.evaluate("document.getElementById('collapse').click()");
    assertThat(browser.evaluate("document.querySelectorAll('.item.block').length").asInt()).isZero();
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void showsTwoStagesSideBySide() throws IOException {
    open("graph");
    browser.evaluate("document.getElementById('compare').click()");
    assertThat(browser.evaluate("document.querySelectorAll('svg.graph').length").asInt()).isEqualTo(2);
    browser.evaluate("document.querySelectorAll('.item.node')[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))");
    assertThat(browser.evaluate("document.querySelectorAll('.item.marked').length").asInt()).isEqualTo(1);
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void sortsAndFiltersLayers() throws IOException {
    open("layers");
    String first = "document.querySelector('#panel-layers tbody th').textContent";
    String before = browser.evaluate(first).asString();
    browser.evaluate("[...document.querySelectorAll('thead button')].find(head => head.textContent === 'FLOPs').click()");
    assertThat(browser.evaluate(first).asString()).isNotEqualTo(before);
    assertThat(browser.evaluate("document.querySelector('[aria-sort]').getAttribute('aria-sort')").asString())
        .isEqualTo("descending");
    browser.evaluate("""
        (() => {
          const filter = document.querySelector('#panel-layers input');
          filter.value = 'softmax';
          filter.dispatchEvent(new Event('input'));
        })()""");
    assertThat(browser.evaluate("document.querySelectorAll('#panel-layers tbody tr').length").asInt()).isEqualTo(1);
  }

  @Test
  void saysHowToGetWhatIsMissing() throws IOException {
    for (String part : List.of("roofline", "latency", "memory")) {
      open(part);
      assertThat(browser.evaluate("document.getElementById('panel-" + part + "').textContent").asString())
          .contains("slipway profile MODEL --report FILE.html");
    }
  }

  @Test
  void plotsWhatWasMeasured() throws IOException {
    String measured = write("measured.html", measured());
    Map<String, String> marks = Map.of("roofline", ".dot", "latency", ".bars rect", "memory", ".bars rect");
    for (String part : marks.keySet()) {
      browser.open("about:blank");
      browser.open(measured + "#" + part);
      assertThat(browser.evaluate("document.querySelectorAll('" + marks.get(part) + "').length").asInt()).as(part)
          .isGreaterThan(8);
      assertThat(browser.evaluate("document.querySelector('.plot').outerHTML").asString()).doesNotContain("NaN", "undefined");
      assertThat(browser.errors()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"time", "roofline", "precision", "error"})
  void coloursByWhatWasMeasured(String colouring) throws IOException {
    browser.open("about:blank");
    browser.open(write("coloured.html", measured()) + "#graph");
    browser.evaluate("document.getElementById('compare').click()");
    browser.evaluate("""
        (() => {
          const choice = document.getElementById('colouring');
          choice.value = '%s';
          choice.dispatchEvent(new Event('change'));
        })()""".formatted(colouring));
    String coloured = colouring.equals("precision") ? ".item[class*=kind-class-]" : ".item.heat";
    assertThat(browser.evaluate("document.querySelectorAll('" + coloured + "').length").asInt()).isGreaterThan(8);
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void fitsNarrowScreens() throws IOException {
    browser.resize(390, 844);
    for (String part : PARTS) {
      open(part);
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt()).as(part).isLessThanOrEqualTo(390);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void isAccessible(String colours) throws IOException {
    String axe = axe();
    browser.prefersColors(colours);
    String measured = write("accessible.html", measured());
    for (String part : PARTS) {
      browser.open("about:blank");
      browser.open(measured + "#" + part);
      if (part.equals("graph")) {
        browser.evaluate("document.querySelectorAll('.item.node')[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))");
      }
      browser.evaluate(axe + "; 0");
      JsonNode violations = browser.evaluate("axe.run().then(result => result.violations.map(violation => violation.id + ': '"
          + " + violation.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' ' + node.failureSummary).join(' | ')))");
      assertThat(violations.isArray() && violations.isEmpty()).as(part + ": " + violations).isTrue();
    }
  }

  private static String axe() throws IOException {
    try (InputStream in = ReportBrowserTest.class.getClassLoader().getResourceAsStream("axe.min.js")) {
      assumeTrue(in != null, "axe-core is not on the class path");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Prints how long a thousand nodes took; {@code docs/report.md} has the figure. */
  @Test
  void laysOutAThousandNodes() throws IOException {
    Graph large = chain(100, 10);
    assertThat(large.nodes()).hasSize(1000);
    browser.open(write("large.html", Report.of("large").stage("Model", "", large)) + "#graph");
    browser.evaluate("document.getElementById('collapse').click()");
    browser.evaluate("new Promise(requestAnimationFrame)");
    assertThat(browser.evaluate(DRAWN).asString()).isEqualTo("1002");
    double millis = Double.parseDouble(browser.evaluate("document.querySelector('svg.graph').dataset.millis").asString());
    System.out.printf("1,000 nodes laid out and drawn in %.0f ms%n", millis);
    assertThat(millis).isLessThan(30_000);
  }

  /** Blocks in which a value is read several times, across other nodes. */
  static Graph chain(int blocks, int length) {
    StringBuilder text = new StringBuilder("graph chain {\ninput x: float32[1, 8, 4, 4]\n");
    String before = "x";
    for (int block = 0; block < blocks; block++) {
      String entry = before;
      for (int i = 0; i < length; i++) {
        String name = "v" + block + "_" + i;
        text.append(name).append(" = ").append(switch (i % 4) {
          case 0 -> "Relu(" + before + ")";
          case 1 -> "Sigmoid(" + entry + ")";
          case 2 -> "Mul(v" + block + "_" + (i - 1) + ", v" + block + "_" + (i - 2) + ")";
          default -> "Add(" + before + ", " + entry + ")";
        }).append(" \"/layer.").append(block).append("/op").append(i).append("\"\n");
        before = name;
      }
    }
    text.append("output \"y\" = ").append(before).append("\n}\n");
    return GraphParser.parse(text.toString(), Operators::get);
  }
}
