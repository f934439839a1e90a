#include "tests/core/history/history_builder.h"

namespace gridlock {

RankScript::Step& RankScript::add(Step::Kind kind) {
  Step step;
  step.kind = kind;
  step.text = text_;
  step.place = place_;
  step.m = m_;
  step.step = step_;
  steps.push_back(std::move(step));
  return steps.back();
}

RankScript& RankScript::call(const std::string& group, Record record, std::vector<std::int64_t> counts) {
  record.kind = RecordKind::call;
  record.stream = static_cast<StreamId>(stream_);
  if (!in_batch_) add(Step::Kind::calls);
  steps.back().calls.push_back(record);
  steps.back().groups.push_back(group);
  steps.back().counts.push_back(std::move(counts));
  if (!in_batch_ && !is_async_) add(Step::Kind::wait);
  return *this;
}

RankScript& RankScript::all_reduce(const std::string& group, std::int64_t count, ReduceOp op, DType dtype) {
  return call(group, {.call = CallKind::all_reduce, .dtype = dtype, .op = op, .count = count});
}

RankScript& RankScript::all_gather(const std::string& group, std::int64_t count) {
  return call(group, {.call = CallKind::all_gather, .count = count});
}

RankScript& RankScript::broadcast(const std::string& group, std::int64_t count, GroupRank root) {
  return call(group, {.call = CallKind::broadcast, .peer = root, .count = count});
}

RankScript& RankScript::all_gather_v(const std::string& group, std::vector<std::int64_t> counts) {
  return call(group, {.call = CallKind::all_gather_v}, std::move(counts));
}

RankScript& RankScript::all_to_all_v(const std::string& group, std::vector<std::int64_t> counts) {
  return call(group, {.call = CallKind::all_to_all_v}, std::move(counts));
}

RankScript& RankScript::barrier(const std::string& group) { return call(group, {.call = CallKind::barrier}); }

RankScript& RankScript::send(const std::string& group, GroupRank peer, std::int64_t count, DType dtype) {
  return call(group, {.call = CallKind::send, .dtype = dtype, .peer = peer, .count = count});
}

RankScript& RankScript::recv(const std::string& group, GroupRank peer, std::int64_t count, DType dtype) {
  return call(group, {.call = CallKind::recv, .dtype = dtype, .peer = peer, .count = count});
}

RankScript& RankScript::async(int stream) {
  is_async_ = true;
  stream_ = stream;
  return *this;
}

RankScript& RankScript::blocking() {
  is_async_ = false;
  return *this;
}

RankScript& RankScript::batch() {
  add(Step::Kind::calls);
  in_batch_ = true;
  return *this;
}

RankScript& RankScript::end_batch() {
  in_batch_ = false;
  if (!is_async_) add(Step::Kind::wait);
  return *this;
}

RankScript& RankScript::at(const std::string& text, int m, int step, const std::string& place) {
  text_ = text;
  m_ = m;
  step_ = step;
  place_ = place;
  return *this;
}

RankScript& RankScript::synchronize(int stream) {
  add(Step::Kind::synchronize).stream = stream;
  return *this;
}

RankScript& RankScript::stream_waits(int waiting, int recorded) {
  Step& step = add(Step::Kind::event);
  step.stream = waiting;
  step.other_stream = recorded;
  return *this;
}

RankScript& RankScript::new_group(const std::string& name, std::vector<RankId> ranks) {
  Step& step = add(Step::Kind::new_group);
  step.name = name;
  step.ranks = std::move(ranks);
  return *this;
}

RankScript& RankScript::create_grid(const std::string& name, std::shared_ptr<const Plan> plan) {
  Step& step = add(Step::Kind::create_grid);
  step.name = name;
  step.plan = std::move(plan);
  return *this;
}

RankScript& RankScript::post(const std::string& name) {
  add(Step::Kind::post).name = name;
  return *this;
}

RankScript& RankScript::await(const std::string& name) {
  add(Step::Kind::await).name = name;
  return *this;
}

RankScript& RankScript::crash() {
  add(Step::Kind::crash);
  return *this;
}

RankScript& RankScript::exit() {
  add(Step::Kind::exit);
  return *this;
}

RankScript& RankScript::suspend() {
  is_suspended = true;
  return *this;
}

RankScript& RankScript::busy() {
  add(Step::Kind::busy);
  return *this;
}

}  // namespace gridlock
