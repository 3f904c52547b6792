"""The tablet's texts in the reader's language: the page carries them as data, for it is drawn without the server.

``{name}`` is filled in on the device.
"""

from flask_babel import gettext as _


def texts() -> dict[str, str]:
    """Key to text."""
    return _frame() | _day() | _order() | _work() | _signing() | _queue() | _operations()


def _frame() -> dict[str, str]:
    return {
        "my_work": _("My work"),
        "menu": _("Menu"),
        "refresh": _("Refresh"),
        "light_dark": _("Light or dark"),
        "desk_pages": _("All pages"),
        "log_in": _("Log in"),
        "log_out": _("Log out"),
        "log_in_to_go_on": _("Log in to go on"),
        "locked": _("Locked"),
        "locked_text": _("Your session has ended on this tablet."),
        "locked_waiting": _("{count} pieces of work of {name} are kept here. They are sent when {name} logs in again."),
        "log_out_refused": _("{count} pieces of work are not sent yet. Send them before you log out."),
        "log_out_needs_network": _("Logging out needs a network. Try again when there is one."),
        "one_moment": _("One moment"),
        "first_load": _("Your orders are being fetched."),
        "first_needs_network": _("The first time this tablet needs a network to fetch your orders."),
        "new_version": _("A new version of this program is ready. What waits is kept."),
        "start_new_version": _("Start the new version"),
        "try_again": _("Try again"),
        "disk_full": _("This was NOT saved: the storage of this tablet is full. Make room, then save again."),
        "not_saved": _("This was NOT saved: this tablet could not write it. Try again, or write it down."),
        "saved_here": _("Saved on this tablet."),
        "save": _("Save"),
        "cancel": _("Cancel"),
        "clear": _("Clear"),
        "fill_in": _("Fill this in."),
        "say_why": _("Say why."),
        "minutes": _("{minutes} min"),
        "hours": _("{hours} h"),
        "hours_minutes": _("{hours} h {minutes}"),
    }


def _day() -> dict[str, str]:
    return {
        "today": _("Today"),
        "next_visit": _("Next visit"),
        "going_on": _("In progress"),
        "nothing_today": _("Nothing more today"),
        "nothing_today_text": _(
            "Orders that the office plans for you appear here, today's and those of the coming 7 days."
        ),
        "done_today": _("Done today"),
        "open_order": _("Open the order"),
        "hazards": _("Hazards"),
        "state_draft": _("Unscheduled"),
        "state_scheduled": _("Scheduled"),
        "state_in_progress": _("In progress"),
        "state_done": _("Done"),
        "state_cancelled": _("Cancelled"),
        "priority_high": _("High"),
        "priority_emergency": _("Emergency"),
        "kept_cancelled": _(
            "The office cancelled this order; {count} pieces of your work are kept, the office decides."
        ),
        "kept_reassigned": _(
            "The office gave this order to somebody else; {count} pieces of your work are kept, the office decides."
        ),
        "kept_done": _("This order was done already; {count} pieces of your work are kept, the office decides."),
        "kept_kept": _("{count} more pieces of your work are kept with it."),
        "kept_taken_over": _("The office has taken your work over."),
        "kept_dismissed": _("The office has left your work aside: {reason}"),
    }


def _order() -> dict[str, str]:
    return {
        "order_gone": _("This order is not on this tablet"),
        "order_gone_text": _("It is done, or the office has cancelled it or given it to somebody else."),
        "access_code": _("Access code"),
        "kind_of_work": _("Kind of work"),
        "promised": _("Promised"),
        "reference": _("Customer's reference"),
        "visits": _("Visits"),
        "equipment": _("Equipment"),
        "machine": _("Machine"),
        "serial": _("Serial number"),
        "installed_on": _("Installed on"),
        "warranty_until": _("Warranty until"),
        "history": _("Earlier work on it ({count})"),
        "no_history": _("No earlier work on it is known."),
        "tasks": _("Tasks"),
        "tasks_left": _("{count} left"),
        "tasks_done": _("All done"),
        "on_my_way": _("On my way"),
        "start": _("Start"),
        "finish": _("Finish"),
        "stamped": _("Noted."),
        "is_done": _("Done"),
        "before_finish": _("Before it is done:"),
        "missing_timer": _("Stop the timer."),
        "missing_report": _("Say in the report what was done."),
        "missing_work": _("Log hours or parts, or say why nothing is billed."),
        "missing_signature": _("Let the customer sign, or say why not."),
    }


def _work() -> dict[str, str]:
    return {
        "time": _("Time"),
        "total": _("Total"),
        "no_time": _("No hours yet."),
        "start_timer": _("Start the timer"),
        "stop_timer": _("Stop the timer"),
        "travel_timer": _("Travel"),
        "timer_since": _("The timer runs since {time}"),
        "timer_elsewhere": _("A timer runs on {number}: stop it there first."),
        "log_hours": _("Log hours"),
        "save_hours": _("Save hours"),
        "day": _("Day"),
        "from": _("From"),
        "until": _("Until"),
        "rate": _("Rate"),
        "what_was_done": _("What was done"),
        "in_future": _("This is in the future."),
        "overlaps": _("This overlaps with {start} to {end}."),
        "correct": _("Correct"),
        "take_away": _("Take away"),
        "take_away_sure": _("Take away for good?"),
        "parts": _("Parts"),
        "no_parts": _("No parts yet."),
        "add_part": _("Add a part"),
        "search_part": _("Search a part, or type its code"),
        "search_part_hint": _("Code, barcode, or words of the description."),
        "scan": _("Scan"),
        "no_camera": _("The camera cannot be used: type the code."),
        "stop_camera": _("Stop the camera"),
        "use_code": _("Use this code; it is looked up when it is sent"),
        "code_typed": _("by its code"),
        "nothing_found": _("Nothing like it on this tablet."),
        "quantity": _("Quantity"),
        "less": _("Less"),
        "more": _("More"),
        "no_number": _("More than 0, with at most 2 decimals."),
        "save_part": _("Save part"),
        "kit": _("Kit"),
        "kit_of": _("Kit of {count} parts"),
        "kits": _("How many kits"),
        "save_kit": _("Save all parts"),
        "kit_saved": _("Parts saved on this tablet: {count}"),
        "photos": _("Photos"),
        "caption": _("Caption"),
        "caption_hint": _("What the photo shows; the office reads it beside it."),
        "add_caption": _("Add a caption"),
        "save_caption": _("Save caption"),
        "photo": _("Photo {number}"),
        "photo_online": _("This photo is at the office: it needs a network."),
        "no_photos": _("No photos yet."),
        "take_photo": _("Take a photo"),
        "choose_photos": _("Choose photos"),
        "photos_saved": _("Photos saved on this tablet: {count}"),
        "no_picture": _("{name} is no picture that can be read."),
    }


def _signing() -> dict[str, str]:
    return {
        "report": _("Work report"),
        "report_hint": _("What was found, what was done, what is still to do."),
        "what_was_done_long": _("What was done"),
        "save_report": _("Save report"),
        "signature": _("Signature"),
        "sign_hint": _("The customer signs for the work as the report says it."),
        "customer_name": _("Name of the customer"),
        "let_sign": _("Let the customer sign"),
        "sign_again": _("Sign again"),
        "sign_here": _("Sign here"),
        "sign_first": _("Sign here first."),
        "save_signature": _("Save signature"),
        "signed_by": _("Signed by {name}"),
        "not_signed": _("Not signed yet."),
        "say_who": _("Say who signs."),
        "no_signature": _("No signature"),
        "why_no_signature": _("Why there is no signature"),
        "no_signature_because": _("No signature: {reason}"),
        "nothing_to_bill": _("Nothing to bill"),
        "why_nothing_to_bill": _("Why nothing is billed"),
        "nothing_to_bill_because": _("Nothing to bill: {reason}"),
    }


def _queue() -> dict[str, str]:
    return {
        "queue": _("What waits"),
        "all_saved": _("All saved"),
        "all_saved_text": _("Everything that you captured has arrived at the office."),
        "waiting_count": _("{count} waiting"),
        "refused_count": _("{count} refused"),
        "waits": _("Waits to be sent"),
        "waits_behind": _("Waits for the refused one above, so that the order of things stays."),
        "waits_for_network": _("There is no network. What waits is safe on this tablet and goes by itself."),
        "waiting_title": _("Waiting"),
        "send_now": _("Send now"),
        "sending": _("Sending"),
        "last_contact": _("Last contact with the office: {time}"),
        "refused": _("Refused"),
        "refused_without_words": _("The office's program refused this."),
        "mine": _("Mine"),
        "theirs": _("The office's"),
        "take_choice": _("Take this"),
    }


def _operations() -> dict[str, str]:
    return {
        "op_on_my_way": _("On my way"),
        "op_start": _("Start"),
        "op_start_timer": _("Timer started"),
        "op_stop_timer": _("Timer stopped"),
        "op_log_time": _("Time"),
        "op_correct_time": _("Time corrected"),
        "op_remove_time": _("Time removed"),
        "op_add_part": _("Part"),
        "op_correct_part": _("Part corrected"),
        "op_remove_part": _("Part removed"),
        "op_tick_task": _("Task"),
        "op_add_photo": _("Photo"),
        "op_caption_photo": _("Caption of a photo"),
        "op_remove_photo": _("Photo removed"),
        "op_write_report": _("Work report"),
        "op_sign": _("Signature"),
        "op_explain_no_signature": _("No signature"),
        "op_set_nothing_to_bill": _("Nothing to bill"),
        "op_finish": _("Finish"),
    }
