// SPDX-License-Identifier: MIT
/*
 * rapidcheck_c.h's functions, by way of RapidCheck: its engine generates, searches and reports, and keeps what it needs to
 * reproduce a case. The generators are ours, for the sake of how they shrink.
 */
#include "rapidcheck_c.h"

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using rc::Gen;
using rc::Random;
using rc::Seq;
using rc::Shrinkable;
using rc::detail::CaseResult;

namespace {

// ---- Numbers ----

struct Range {
    int64_t lo, hi;

    // Where shrinking leads: zero, or the bound next to it.
    int64_t target() const { return lo > 0 ? lo : hi < 0 ? hi : 0; }
};

// Unsigned, because the way from one end of int64_t to the other does not fit into it.
uint64_t distance(int64_t from, int64_t to) {
    return from < to ? static_cast<uint64_t>(to) - static_cast<uint64_t>(from)
                     : static_cast<uint64_t>(from) - static_cast<uint64_t>(to);
}

int64_t moved(int64_t from, uint64_t way, bool down) {
    const auto start = static_cast<uint64_t>(from);
    return static_cast<int64_t>(down ? start - way : start + way);
}

uint64_t scaled(uint64_t way, int size) {
    const auto percent = static_cast<uint64_t>(size < 0 ? 0 : size);
    return percent >= 100 ? way : way / 100 * percent + way % 100 * percent / 100;
}

// Mostly evenly spread, in a window that grows with the size; now and then a bound, or a number next to the target.
int64_t draw(const Range &range, Random random, int size) {
    const int64_t target = range.target();
    const uint64_t kind = random.split().next() % 16, number = random.split().next();
    uint64_t below = distance(range.lo, target), above = distance(target, range.hi);
    if (kind == 0) return range.lo;
    if (kind == 1) return range.hi;
    if (kind <= 4) {
        below = std::min<uint64_t>(below, 2);
        above = std::min<uint64_t>(above, 2);
    } else {
        below = scaled(below, size);
        above = scaled(above, size);
    }
    const uint64_t window = below + above + 1; // 0 when it is all of int64_t
    return moved(moved(target, below, true), window ? number % window : number, false);
}

Seq<int64_t> shrinks_of(const Range &range, int64_t value) {
    const int64_t target = range.target();
    const bool down = value < target;
    auto nearer = rc::seq::map(rc::shrink::towards<uint64_t>(distance(value, target), 0),
                               [=](uint64_t way) { return moved(target, way, down); });
    // A positive number reads better than its negative.
    if (target == 0 && down && value >= -INT64_MAX && -value <= range.hi)
        return rc::seq::concat(rc::seq::just<int64_t>(-value), std::move(nearer));
    return nearer;
}

Gen<int64_t> numbers(Range range) {
    return [=](const Random &random, int size) {
        if (range.lo > range.hi) throw std::logic_error("rapidcheck_c: a range whose lo is above its hi");
        return rc::shrinkable::shrinkRecur(draw(range, random, size),
                                           [=](int64_t value) { return shrinks_of(range, value); });
    };
}

// ---- Lists ----

// A way to shorten a list: two runs that are left out; the second may be empty.
struct Cut {
    std::size_t first, first_count, second, second_count;
};

// Halves, quarters, ... each single one; then pairs, because what opens and what closes often stand apart.
std::vector<Cut> cuts_of(std::size_t n) {
    const std::size_t longest_with_pairs = 24;
    std::vector<Cut> cuts;
    for (std::size_t run = n; run > 0; run /= 2)
        for (std::size_t at = 0; at<n; at += run> 3 ? run : 1) cuts.push_back({at, std::min(run, n - at), n, 0});
    for (std::size_t i = 0; n <= longest_with_pairs && i < n; i++)
        for (std::size_t j = i + 1; j < n; j++) cuts.push_back({i, 1, j, 1});
    return cuts;
}

template <typename T> std::vector<T> without(const std::vector<T> &list, const Cut &cut) {
    std::vector<T> left;
    for (std::size_t i = 0; i < list.size(); i++) {
        const bool in_first = i >= cut.first && i - cut.first < cut.first_count;
        const bool in_second = i >= cut.second && i - cut.second < cut.second_count;
        if (!in_first && !in_second) left.push_back(list[i]);
    }
    return left;
}

template <typename T> Seq<std::vector<T>> shortened(const std::vector<T> &list) {
    return rc::seq::map(rc::seq::fromContainer(cuts_of(list.size())),
                        [=](const Cut &cut) { return without(list, cut); });
}

// Up to `max`, fewer while the size is small.
std::size_t length(Random random, int size, std::size_t max) {
    return static_cast<std::size_t>(random.next() % (scaled(max, size) + 1));
}

using Numbers = std::vector<int64_t>;

Gen<Numbers> lists(Range range, std::size_t max) {
    return [=](const Random &random, int size) {
        if (range.lo > range.hi) throw std::logic_error("rapidcheck_c: a range whose lo is above its hi");
        Random source = random;
        Numbers list(length(source.split(), size, max));
        for (auto &value : list) value = draw(range, source.split(), size);
        return rc::shrinkable::shrinkRecur(std::move(list), [=](const Numbers &longer) {
            return rc::seq::concat(shortened(longer), rc::shrink::eachElement(longer, [=](int64_t value) {
                                       return shrinks_of(range, value);
                                   }));
        });
    };
}

struct Bytes {
    std::string text;
};

// Shown so that a compiler takes it back. Octal, because "\x1" and a digit after it would run together.
std::ostream &operator<<(std::ostream &out, const Bytes &bytes) {
    out << '"';
    for (const char c : bytes.text) {
        const auto byte = static_cast<unsigned char>(c);
        char octal[8];
        std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(byte));
        if (c == '"' || c == '\\')
            out << '\\' << c;
        else if (byte >= 0x20 && byte < 0x7f)
            out << c;
        else
            out << octal;
    }
    return out << '"';
}

// ---- Commands ----

using Arguments = std::array<int64_t, RC_ARGUMENTS>;

struct Command {
    const rc_command *kind;
    Arguments arguments; // as drawn: of a table the row
};

struct Commands {
    std::vector<Command> list;
};

std::size_t argument_count(const rc_command &kind) {
    std::size_t n = 0;
    while (n < RC_ARGUMENTS && kind.arguments[n].name) n++;
    return n;
}

// As the callbacks get them: rows of tables are looked up.
Arguments arguments_of(const Command &command) {
    Arguments looked_up = command.arguments;
    for (std::size_t i = 0; i < argument_count(*command.kind); i++)
        if (const int64_t *table = command.kind->arguments[i].table) looked_up[i] = table[command.arguments[i]];
    return looked_up;
}

std::string description(const Command &command) {
    const rc_command &kind = *command.kind;
    const Arguments arguments = arguments_of(command);
    if (kind.describe) {
        char text[500] = "";
        kind.describe(arguments.data(), text, sizeof text);
        return text;
    }
    std::string text = std::string(kind.name) + "(";
    for (std::size_t i = 0; i < argument_count(kind); i++)
        text += (i ? ", " : "") + std::string(kind.arguments[i].name) + "=" + std::to_string(arguments[i]);
    return text + ")";
}

std::ostream &operator<<(std::ostream &out, const Commands &commands) {
    for (std::size_t i = 0; i < commands.list.size(); i++)
        out << (i ? "\n" : "") << i + 1 << ". " << description(commands.list[i]);
    return out;
}

const rc_command &drawn_kind(const rc_model &model, Random random) {
    uint64_t total = 0;
    for (std::size_t i = 0; i < model.count; i++) total += std::max(1u, model.commands[i].weight);
    uint64_t left = random.next() % total;
    for (std::size_t i = 0;; i++) {
        const uint64_t weight = std::max(1u, model.commands[i].weight);
        if (left < weight) return model.commands[i];
        left -= weight;
    }
}

Range range_of(const rc_argument &argument) { return {argument.lo, argument.hi}; }

std::vector<Command> drawn_commands(const rc_model &model, Random random, int size) {
    std::vector<Command> list(1 + length(random.split(), size, (model.longest ? model.longest : 100) - 1));
    for (auto &command : list) {
        command = {&drawn_kind(model, random.split()), {}};
        // A window that grows like the list would keep slots at 0 for long, so arguments are drawn at full size.
        for (std::size_t i = 0; i < argument_count(*command.kind); i++)
            command.arguments[i] = draw(range_of(command.kind->arguments[i]), random.split(), rc::kNominalSize);
    }
    return list;
}

// One argument after the other, each toward its target.
Seq<Command> simpler(const Command &command) {
    std::vector<std::size_t> places(argument_count(*command.kind));
    for (std::size_t i = 0; i < places.size(); i++) places[i] = i;
    return rc::seq::mapcat(rc::seq::fromContainer(std::move(places)), [=](std::size_t i) {
        return rc::seq::map(shrinks_of(range_of(command.kind->arguments[i]), command.arguments[i]), [=](int64_t value) {
            Command changed = command;
            changed.arguments[i] = value;
            return changed;
        });
    });
}

// Exchanges two values of all arguments of one name and range: `from`, which comes first, becomes `to`, which is simpler.
struct Renaming {
    rc_argument argument;
    int64_t from, to;
};

bool same_argument(const rc_argument &a, const rc_argument &b) {
    return a.lo == b.lo && a.hi == b.hi && std::strcmp(a.name, b.name) == 0;
}

std::vector<Command> renamed(std::vector<Command> list, const Renaming &renaming, bool merge) {
    for (auto &command : list)
        for (std::size_t i = 0; i < argument_count(*command.kind); i++) {
            auto &value = command.arguments[i];
            if (!same_argument(command.kind->arguments[i], renaming.argument)) continue;
            if (value == renaming.from)
                value = renaming.to;
            else if (value == renaming.to && !merge)
                value = renaming.from;
        }
    return list;
}

// All renamings that make an earlier argument simpler at the cost of later ones only. So shrinking comes to an end: each step
// shortens the list, or makes it smaller in the order of words whose letters are the distances from the targets.
std::vector<Renaming> renamings_of(const std::vector<Command> &list) {
    std::vector<Renaming> found;
    std::vector<Renaming> seen; // `from` alone counts: each value at its first place
    for (const auto &command : list)
        for (std::size_t i = 0; i < argument_count(*command.kind); i++) {
            const rc_argument &argument = command.kind->arguments[i];
            const int64_t from = command.arguments[i], target = range_of(argument).target();
            const auto is_seen = [&](int64_t value) {
                return std::any_of(seen.begin(), seen.end(), [&](const Renaming &r) {
                    return r.from == value && same_argument(r.argument, argument);
                });
            };
            if (is_seen(from)) continue;
            seen.push_back({argument, from, from});
            const uint64_t steps = std::min<uint64_t>(distance(from, target), 8);
            for (uint64_t step = 0; step < steps; step++) {
                const int64_t to = moved(target, step, from < target);
                if (!is_seen(to)) found.push_back({argument, from, to});
            }
        }
    return found;
}

Seq<std::vector<Command>> renamings(const std::vector<Command> &list, bool merge) {
    return rc::seq::map(rc::seq::fromContainer(renamings_of(list)),
                        [=](const Renaming &renaming) { return renamed(list, renaming, merge); });
}

Gen<Commands> command_lists(const rc_model &model) {
    return [=](const Random &random, int size) {
        auto list =
            rc::shrinkable::shrinkRecur(drawn_commands(model, random, size), [](const std::vector<Command> &longer) {
                return rc::seq::concat(shortened(longer), rc::shrink::eachElement(longer, simpler),
                                       renamings(longer, true), renamings(longer, false));
            });
        return rc::shrinkable::map(std::move(list), [](std::vector<Command> &&drawn) { return Commands{drawn}; });
    };
}

// ---- Drawing: what a property wishes for, and RapidCheck grants ----

enum class What : char { NUMBER, LIST, BYTES, TEXT };

struct Wish {
    What what;
    Range range;
    std::size_t max;
    std::string name, alphabet;
};

// The bytes that stand for numbers: these themselves, or the places of characters in an alphabet.
Gen<Bytes> texts(const Wish &wish) {
    return rc::gen::map(lists(wish.range, wish.max), [=](const Numbers &list) {
        Bytes bytes;
        for (const int64_t number : list)
            bytes.text +=
                wish.what == What::TEXT ? wish.alphabet[static_cast<std::size_t>(number)] : static_cast<char>(number);
        return bytes;
    });
}

// Only in the process that RapidCheck runs in. Bytes come as numbers, too.
Numbers granted(const Wish &wish) {
    if (wish.what == What::NUMBER) return {*numbers(wish.range).as(wish.name)};
    if (wish.what == What::LIST) return *lists(wish.range, wish.max).as(wish.name);
    const Bytes bytes = *texts(wish).as(wish.name);
    return Numbers(bytes.text.begin(), bytes.text.end());
}

// ---- Isolation: a child and its parent talk over a socket ----

// What a child says. It goes on at once, except after a wish, which the parent answers with numbers.
enum Kind : char { LABEL = 'l', LOG = 'g', COMMAND = 'c', WISH = 'w', PASSED = 'p', FAILED = 'f', DISCARDED = 'd' };

int to_parent = -1;  // the child's end; -1 in the parent
std::size_t running; // the number of the command that is running, from 1; 0 outside of lists

bool is_child() { return to_parent >= 0; }

bool send_all(int to, const void *data, std::size_t size) {
    const char *from = static_cast<const char *>(data);
    while (size > 0) {
        const ssize_t n = send(to, from, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        from += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool receive_all(int from, void *data, std::size_t size) {
    char *to = static_cast<char *>(data);
    while (size > 0) {
        const ssize_t n = recv(from, to, size, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        to += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

// A message is its size and its bytes; the first is the kind. A child that cannot reach its parent has nothing left to do.
void say(Kind kind, const std::string &text) {
    const std::string message = static_cast<char>(kind) + text;
    const std::size_t size = message.size();
    if (!send_all(to_parent, &size, sizeof size) || !send_all(to_parent, message.data(), size)) _exit(1);
}

bool hear(int from, std::string &message) {
    std::size_t size = 0;
    if (!receive_all(from, &size, sizeof size)) return false;
    message.resize(size);
    return receive_all(from, &message[0], size);
}

// A wish as text, and back. The alphabet comes last, because any character may be in it; a name has no line's end.
std::string packed(const Wish &wish) {
    std::ostringstream out;
    out << static_cast<int>(wish.what) << ' ' << wish.range.lo << ' ' << wish.range.hi << ' ' << wish.max << ' '
        << wish.name << '\n'
        << wish.alphabet;
    return out.str();
}

Wish unpacked(const std::string &text) {
    std::istringstream in(text);
    Wish wish = {};
    int what = 0;
    in >> what >> wish.range.lo >> wish.range.hi >> wish.max;
    wish.what = static_cast<What>(what);
    in.get();
    std::getline(in, wish.name);
    wish.alphabet.assign(std::istreambuf_iterator<char>(in), {});
    return wish;
}

Numbers fulfilled(const Wish &wish) {
    if (!is_child()) return granted(wish);
    say(WISH, packed(wish));
    std::string answer;
    if (!hear(to_parent, answer)) _exit(1);
    Numbers list(answer.size() / sizeof(int64_t));
    if (!list.empty()) std::memcpy(list.data(), answer.data(), answer.size());
    return list;
}

void add_label(const std::string &text) {
    if (is_child())
        say(LABEL, text);
    else
        rc::detail::ImplicitParam<rc::detail::param::CurrentPropertyContext>::value()->addTag(text);
}

void add_log(const std::string &text) {
    if (is_child())
        say(LOG, text);
    else
        rc::detail::log(text);
}

void set_running(std::size_t number) {
    running = number;
    if (is_child()) say(COMMAND, std::to_string(number));
}

// The child's whole life. It leaves by _exit, because what the parent registered for its own exit must not run here.
[[noreturn]] void be_the_child(void (*body)(void *ctx), void *ctx, int socket, int words) {
    to_parent = socket;
    dup2(words, STDERR_FILENO);
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGALRM, SIG_DFL);
    alarm(RC_ISOLATED_SECONDS);
    try {
        body(ctx);
        say(PASSED, "");
    } catch (const CaseResult &result) {
        say(result.type == CaseResult::Type::Discard ? DISCARDED : FAILED, result.description);
    } catch (const std::exception &error) {
        say(FAILED, error.what());
    }
    std::fflush(stdout);
    _exit(0);
}

// What the parent knows of a child.
struct Child {
    pid_t pid;
    int socket, words;
    std::string verdict; // its last message; empty if it died without one

    void answer(const Wish &wish) const {
        const Numbers list = granted(wish);
        const std::size_t size = list.size() * sizeof(int64_t);
        // It may have died meanwhile; then its end is heard next.
        (void)(send_all(socket, &size, sizeof size) && send_all(socket, list.data(), size));
    }

    // Until it ends.
    void listen() {
        std::string message;
        while (hear(socket, message)) {
            switch (message[0]) {
            case LABEL: add_label(message.substr(1)); break;
            case LOG: add_log(message.substr(1)); break;
            case COMMAND: running = std::stoul(message.substr(1)); break;
            case WISH: answer(unpacked(message.substr(1))); break;
            default: verdict = message;
            }
        }
    }

    // The beginning of what it wrote to stderr.
    std::string first_words() const {
        std::string text(2000, '\0');
        const ssize_t n = pread(words, &text[0], text.size(), 0);
        text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return text.empty() ? text : "\n\nIt said:\n" + text;
    }

    static std::string way_of_dying(int status) {
        const int number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
        if (WIFSIGNALED(status))
            return "The case died of signal " + std::to_string(number) + " (" + strsignal(number) + ")";
        return "The case left with status " + std::to_string(number) + ", without a verdict";
    }

    // Ends the case as the child ended.
    void judge(int status) const {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || verdict.empty()) {
            const std::string where = running ? " in command " + std::to_string(running) : "";
            throw CaseResult(CaseResult::Type::Failure, way_of_dying(status) + where + first_words());
        }
        if (verdict[0] == DISCARDED) throw CaseResult(CaseResult::Type::Discard, verdict.substr(1));
        if (verdict[0] == FAILED) throw CaseResult(CaseResult::Type::Failure, verdict.substr(1) + first_words());
    }
};

// A file for what children write to stderr; one for all, because they live one after the other.
int file_for_words() {
    static std::FILE *const file = std::tmpfile();
    const int words = file ? fileno(file) : -1;
    if (words < 0 || ftruncate(words, 0) != 0 || lseek(words, 0, SEEK_SET) != 0)
        throw std::runtime_error("rapidcheck_c: what a child says cannot be kept");
    return words;
}

void isolate(void (*body)(void *ctx), void *ctx) {
    int ends[2];
    const int words = file_for_words();
    std::fflush(nullptr);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("rapidcheck_c: no socket");
    running = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_the_child(body, ctx, ends[1], words);
    }
    close(ends[1]);
    Child child = {pid, ends[0], words, ""};
    std::exception_ptr error; // a wish that cannot be granted
    if (pid > 0) try {
            child.listen();
        } catch (...) {
            error = std::current_exception();
            kill(pid, SIGKILL);
        }
    close(ends[0]);
    if (pid < 0) throw std::runtime_error("rapidcheck_c: fork failed");
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (error) std::rethrow_exception(error);
    child.judge(status);
}

// ---- Running ----

struct {
    int passed, failed;
} properties;

bool run(const char *name, const std::function<void()> &property) {
    const bool held = rc::check(name, property);
    (held ? properties.passed : properties.failed)++;
    return held;
}

void run_commands(const rc_model &model, const Commands &commands, void *state) {
    std::size_t number = 0;
    for (const auto &command : commands.list) {
        set_running(++number);
        const Arguments arguments = arguments_of(command);
        if (command.kind->precondition && !command.kind->precondition(state, arguments.data())) continue;
        command.kind->run(state, arguments.data());
        if (model.invariant) model.invariant(state);
    }
    set_running(0);
}

// What a run needs, as rc_isolate hands it on.
struct Run {
    const rc_model *model;
    const Commands *commands;
    void *ctx;
};

void run_model(void *run_of) {
    const auto &that = *static_cast<const Run *>(run_of);
    const rc_model &model = *that.model;
    void *state = model.begin ? model.begin(that.ctx) : that.ctx;
    try {
        run_commands(model, *that.commands, state);
    } catch (CaseResult &result) {
        result.description += "\n\nin command " + std::to_string(running);
        // A child's state dies with it, and after a failure it may be broken.
        if (!is_child() && model.end) try {
                model.end(state);
            } catch (const CaseResult &) {
            }
        throw;
    }
    if (model.end) model.end(state);
}

std::string printed(const char *format, va_list arguments) {
    char text[4000];
    std::vsnprintf(text, sizeof text, format, arguments);
    return text;
}

} // namespace

// ---- The functions of rapidcheck_c.h ----

bool rc_check(const char *name, void (*property)(void *ctx), void *ctx) {
    return run(name, [=] { property(ctx); });
}

bool rc_check_isolated(const char *name, void (*property)(void *ctx), void *ctx) {
    return run(name, [=] { isolate(property, ctx); });
}

bool rc_check_model(const char *name, const rc_model *model, void *ctx) {
    return run(name, [=] {
        const Commands commands = *command_lists(*model).as("commands");
        Run that = {model, &commands, ctx};
        if (model->isolated)
            isolate(run_model, &that);
        else
            run_model(&that);
    });
}

int rc_summary(const char *label) {
    if (properties.failed)
        std::printf("%s: %d of %d properties FAILED\n", label, properties.failed,
                    properties.passed + properties.failed);
    else
        std::printf("%s: %d properties passed\n", label, properties.passed);
    return properties.failed ? 1 : 0;
}

int64_t rc_int(const char *name, int64_t lo, int64_t hi) {
    return fulfilled({What::NUMBER, {lo, hi}, 1, name, ""}).front();
}

size_t rc_choice(const char *name, size_t n) {
    return static_cast<size_t>(rc_int(name, 0, static_cast<int64_t>(n) - 1));
}

bool rc_bool(const char *name) { return rc_int(name, 0, 1) == 1; }

size_t rc_ints(const char *name, int64_t lo, int64_t hi, int64_t *to, size_t max) {
    const Numbers list = fulfilled({What::LIST, {lo, hi}, max, name, ""});
    std::copy(list.begin(), list.end(), to);
    return list.size();
}

size_t rc_bytes(const char *name, void *to, size_t max) {
    const Numbers list = fulfilled({What::BYTES, {0, 255}, max, name, ""});
    std::transform(list.begin(), list.end(), static_cast<char *>(to),
                   [](int64_t byte) { return static_cast<char>(byte); });
    return list.size();
}

size_t rc_text(const char *name, const char *alphabet, char *to, size_t max) {
    const auto letters = static_cast<int64_t>(std::strlen(alphabet));
    const Numbers list = fulfilled({What::TEXT, {0, letters - 1}, max, name, alphabet});
    std::transform(list.begin(), list.end(), to, [](int64_t byte) { return static_cast<char>(byte); });
    return list.size();
}

void rc_discard(const char *why) { throw CaseResult(CaseResult::Type::Discard, why); }

void rc_label(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const std::string text = printed(format, arguments);
    va_end(arguments);
    add_label(text);
}

void rc_log(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const std::string text = printed(format, arguments);
    va_end(arguments);
    add_log(text);
}

void rc_fail_at(const char *file, int line, const char *check, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const std::string text = printed(format, arguments);
    va_end(arguments);
    throw CaseResult(CaseResult::Type::Failure, rc::detail::makeMessage(file, line, check, text));
}

void rc_assert_equal_at(const char *file, int line, const char *check, int64_t a, int64_t b) {
    if (a == b) return;
    throw CaseResult(CaseResult::Type::Failure,
                     rc::detail::makeMessage(file, line, check, std::to_string(a) + " == " + std::to_string(b)));
}
