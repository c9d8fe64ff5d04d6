// What is hidden from who listens is no stop for who has no mouse.
for (const hidden of document.querySelectorAll('input[aria-hidden="true"]')) hidden.tabIndex = -1;
